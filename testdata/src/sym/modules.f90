! Procedures in modules and in other procedures.
module shapes
contains
  integer function area(side)
    integer, intent(in) :: side
    area = side * inner(side)
  contains
    integer function inner(k)
      integer, intent(in) :: k
      inner = k
      if (k > 100) print *, k
    end function inner
  end function area
end module shapes

program main
  use shapes
  print *, area(command_argument_count() + 2)
end program main
