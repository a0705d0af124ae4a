// Rust: modules, generics, closures, traits, methods in impl blocks, inlined library code.
use std::collections::HashMap;
use std::fmt::Display;

mod shapes {
    pub mod inner {
        #[inline(always)]
        pub fn scale(value: i64) -> i64 {
            value.wrapping_mul(super::factor()).rotate_left(3)
        }

        #[inline(never)]
        pub fn outside(value: i64) -> i64 {
            (0..value).map(scale).filter(|v| v & 1 == 0).sum()
        }
    }

    #[inline(never)]
    pub fn factor() -> i64 {
        std::hint::black_box(7)
    }

    pub trait Area {
        fn area(&self) -> i64;
    }

    pub struct Square(pub i64);

    impl Area for Square {
        #[inline(never)]
        fn area(&self) -> i64 {
            inner::scale(self.0) * self.0
        }
    }

    impl Square {
        #[inline(never)]
        pub fn grow<T: std::ops::Add<Output = T> + Copy>(&self, by: T) -> T {
            by + std::hint::black_box(by)
        }
    }
}

use shapes::Area;

#[inline(never)]
fn show<T: Display>(items: &[T]) -> String {
    let mut text = String::new();
    for item in items {
        text.push_str(&item.to_string());
    }
    text
}

#[no_mangle]
#[inline(never)]
pub extern "C" fn exported(value: i64) -> i64 {
    shapes::inner::outside(value) + shapes::Square(value).area()
}

fn main() {
    let mut counts: HashMap<String, i64> = HashMap::new();
    let mut numbers: Vec<i64> = (1..20).rev().collect();
    numbers.sort_by(|a, b| b.cmp(a).reverse());
    for number in &numbers {
        *counts.entry(number.to_string()).or_insert(0) += exported(*number);
    }
    println!("{} {} {}", show(&numbers), counts.len(), shapes::Square(3).grow(4u8));
}
