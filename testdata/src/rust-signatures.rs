// Faults that come through the same functions of Rust's library.
// fixture rust-signatures-a: rustc -g -C panic=abort -C symbol-mangling-version=v0 $src -o $exe
//   run: ./$exe first
// fixture rust-signatures-b: rustc -g -C panic=abort -C symbol-mangling-version=v0 $src -o $exe
//   run: ./$exe second
// fixture rust-signatures-c: rustc -g -C panic=abort -C symbol-mangling-version=v0 $src -o $exe
//   run: ./$exe borrowed
use std::cell::RefCell;

#[inline(never)]
fn first(value: Option<i32>) -> i32 {
    value.unwrap()
}

#[inline(never)]
fn second(value: Option<i32>) -> i32 {
    value.unwrap() + 1
}

#[inline(never)]
fn borrowed(cell: &RefCell<i32>) -> i32 {
    let _writer = cell.borrow_mut();
    *cell.borrow()
}

fn main() {
    let which = std::env::args().nth(1).unwrap();
    let nothing = std::hint::black_box(None);

    println!(
        "{}",
        match which.as_str() {
            "first" => first(nothing),
            "second" => second(nothing),
            _ => borrowed(&RefCell::new(3)),
        }
    );
}
