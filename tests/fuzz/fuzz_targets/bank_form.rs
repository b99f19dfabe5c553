//! One target of `targets.rs`.

#![no_main]

use menfu::{kernel, storage};

#[path = "../targets.rs"]
#[expect(dead_code, reason = "a program for each target")]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::bank_form(data));
