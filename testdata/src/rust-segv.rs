// A wild pointer in unsafe code, below inlined functions of a closure and an iterator.
// fixture rust-segv: rustc -g -C opt-level=2 $src -o $exe
// fixture rust-segv-O0: rustc -g -C opt-level=0 $src -o $exe
// fixture rust-segv-v0: rustc -g -C opt-level=2 -C symbol-mangling-version=v0 $src -o $exe
mod table {
    #[inline]
    fn fetch(at: *const u32) -> u32 {
        unsafe { std::ptr::read_volatile(at) }
    }

    #[inline(never)]
    pub fn total(addresses: &[usize]) -> u32 {
        addresses.iter().map(|a| fetch(*a as *const u32)).sum()
    }
}

fn main() {
    let addresses: Vec<usize> = (1..4).map(|n| n * 0x10).collect();
    println!("{}", table::total(&addresses));
}
