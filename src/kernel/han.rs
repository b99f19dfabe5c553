//! Which characters are Han, and what became of private-use ones (`domain.md` §1.13).

/// `\p{Script=Han}` of Unicode 17, which has U+3005 々 and U+3007 〇 among its own.
pub(super) const fn is_han(c: char) -> bool {
    matches!(c,
        '\u{2E80}'..='\u{2E99}' | '\u{2E9B}'..='\u{2EF3}' | '\u{2F00}'..='\u{2FD5}' | '\u{3005}' | '\u{3007}'
        | '\u{3021}'..='\u{3029}' | '\u{3038}'..='\u{303B}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FA6D}' | '\u{FA70}'..='\u{FAD9}' | '\u{16FE2}'..='\u{16FE3}'
        | '\u{16FF0}'..='\u{16FF6}' | '\u{20000}'..='\u{2A6DF}' | '\u{2A700}'..='\u{2B81D}'
        | '\u{2B820}'..='\u{2CEAD}' | '\u{2CEB0}'..='\u{2EBE0}' | '\u{2EBF0}'..='\u{2EE5D}'
        | '\u{2F800}'..='\u{2FA1D}' | '\u{30000}'..='\u{3134A}' | '\u{31350}'..='\u{33479}')
}

/// The three private-use ranges.
pub(super) const fn is_private_use(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFD}' | '\u{100000}'..='\u{10FFFD}')
}

/// They choose a glyph, not a character.
pub(super) const fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// The 24 private-use leftovers of GB 18030 that have since been assigned (ICU PR 2430, whatwg/encoding PR 336).
pub(super) const fn assigned(c: char) -> Option<char> {
    Some(match c {
        '\u{E78D}' => '\u{FE10}',
        '\u{E78E}' => '\u{FE12}',
        '\u{E78F}' => '\u{FE11}',
        '\u{E790}' => '\u{FE13}',
        '\u{E791}' => '\u{FE14}',
        '\u{E792}' => '\u{FE15}',
        '\u{E793}' => '\u{FE16}',
        '\u{E794}' => '\u{FE17}',
        '\u{E795}' => '\u{FE18}',
        '\u{E796}' => '\u{FE19}',
        '\u{E81E}' => '\u{9FB4}',
        '\u{E826}' => '\u{9FB5}',
        '\u{E82B}' => '\u{9FB6}',
        '\u{E82C}' => '\u{9FB7}',
        '\u{E832}' => '\u{9FB8}',
        '\u{E843}' => '\u{9FB9}',
        '\u{E854}' => '\u{9FBA}',
        '\u{E864}' => '\u{9FBB}',
        '\u{E816}' => '\u{20087}',
        '\u{E817}' => '\u{20089}',
        '\u{E818}' => '\u{200CC}',
        '\u{E831}' => '\u{215D7}',
        '\u{E83B}' => '\u{2298F}',
        '\u{E855}' => '\u{241FE}',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_characters_of_all_extensions_are_han() {
        assert!("〇々㐀一龴𠮷𬱖𪠽丽\u{31350}\u{323B0}".chars().all(is_han));
        assert!(!"Aあカ한·．1︐".chars().any(is_han));
    }

    #[test]
    fn exactly_24_private_characters_have_an_assigned_one() {
        let mapped: Vec<char> = ('\u{E000}'..='\u{F8FF}').filter(|c| assigned(*c).is_some()).collect();
        assert_eq!(mapped.len(), 24);
        assert_eq!(mapped.iter().filter_map(|c| assigned(*c)).filter(|c| is_han(*c)).count(), 14);
        assert!(mapped.iter().all(|c| is_private_use(*c)));
    }
}
