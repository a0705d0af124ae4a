// A panic in a program that aborts on panics.
// fixture rust-panic: rustc -g -C opt-level=1 -C panic=abort $src -o $exe
// fixture rust-panic-v0: rustc -g -C opt-level=1 -C panic=abort -C symbol-mangling-version=v0 $src -o $exe
mod store {
    pub struct Store {
        pub items: Vec<String>,
    }

    impl Store {
        #[inline(never)]
        pub fn take(&self, index: usize) -> &str {
            match self.items.get(index) {
                Some(item) => item,
                None => panic!("no item {} in a store of {}", index, self.items.len()),
            }
        }
    }
}

fn main() {
    let store = store::Store { items: vec!["one".to_string(), "two".to_string()] };
    let index = std::env::args().count() + 6;
    println!("{}", store.take(index));
}
