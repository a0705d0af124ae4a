module stk.test
go 1.19
