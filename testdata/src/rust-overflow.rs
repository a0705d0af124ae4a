// Arithmetic overflow, which is checked in debug builds.
// fixture rust-overflow: rustc -g -C opt-level=0 -C panic=abort $src -o $exe
#[inline(never)]
fn checked_total(a: u8, b: u8) -> u8 {
    a + b
}

fn main() {
    let n = std::env::args().count() as u8;
    println!("{}", checked_total(200, 100 * n));
}
