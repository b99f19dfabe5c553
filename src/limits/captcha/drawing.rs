//! The picture of a captcha: the only file that draws with the `captcha` package.

use captcha::filters::{Dots, Noise, Wave};

use crate::kernel::{Rng, random_bytes};

const WIDTH: u32 = 220;
const HEIGHT: u32 = 90;

/// The characters on a wave under noise, as PNG.
pub(super) fn png(text: &str, rng: &dyn Rng) -> Option<Vec<u8>> {
    let mut drawing = captcha::Captcha::new();
    for c in text.chars() {
        drawing.set_chars(&[c]).add_char();
    }
    if drawing.chars().len() != text.chars().count() {
        return None;
    }
    let [bend, lift] = random_bytes::<2>(rng);
    drawing
        .apply_filter(Noise::new(0.15))
        .apply_filter(Wave::new(1.5 + f64::from(bend % 8) / 8.0, 6.0 + f64::from(lift % 4)).horizontal())
        .apply_filter(Wave::new(2.0, 5.0).vertical())
        .view(WIDTH, HEIGHT)
        .apply_filter(Dots::new(4).min_radius(2).max_radius(4))
        .set_color([0x1B, 0x3A, 0x66])
        .as_png()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SeededRng;

    #[test]
    fn every_character_we_use_can_be_drawn() {
        for c in super::super::ALPHABET {
            let text = char::from(*c).to_string().repeat(4);
            assert!(png(&text, &SeededRng::new(1)).is_some(), "{text}");
        }
    }

    #[test]
    fn a_character_without_a_glyph_gives_no_picture() {
        assert!(png("门", &SeededRng::new(1)).is_none());
    }

    #[test]
    fn the_picture_has_its_size() {
        let picture = png("ab2c", &SeededRng::new(1)).unwrap();
        let number = |at: usize| u32::from_be_bytes(picture[at..at + 4].try_into().unwrap());
        assert_eq!((number(16), number(20)), (WIDTH, HEIGHT));
    }
}
