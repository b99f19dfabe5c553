//! 姓 and 名 of a name, where the name itself tells them apart (OpenID Connect Core §5.1; `domain.md` §3.1).
//!
//! Documents keep one 姓名. A Chinese name of the usual length is divided by the convention that every form of the country
//! follows: a compound surname where one stands there, else the first character. A Latin name is divided only where its
//! bearer wrote it as passports print it, `SURNAME, Given Names`. Every other name stays whole: a wrong part is worse than
//! none.

use super::{PersonName, han};

/// A name in parts; together they are the whole of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameParts {
    /// 姓
    pub family: String,
    /// 名
    pub given: String,
    /// What stands between them in the West.
    pub middle: Option<String>,
}

/// The compound surnames in use, in both scripts where they differ.
const COMPOUND: &str = "欧阳 歐陽 上官 司马 司馬 诸葛 諸葛 司徒 司空 夏侯 皇甫 尉迟 尉遲 公孙 公孫 轩辕 軒轅 令狐 宇文 \
     长孙 長孫 慕容 鲜于 鮮于 闾丘 閭丘 东方 東方 南宫 南宮 西门 西門 东郭 東郭 百里 呼延 端木 赫连 赫連 澹台 澹臺 \
     公冶 宗政 濮阳 濮陽 淳于 单于 單于 申屠 太史 钟离 鍾離 闻人 聞人 独孤 獨孤 拓跋 万俟 第五 左丘 梁丘 公羊 仲孙 仲孫";

impl PersonName {
    /// Its parts; `None` for a name that does not tell them.
    #[must_use]
    pub fn parts(&self) -> Option<NameParts> {
        if self.as_str().contains(',') { latin(self.as_str()) } else { chinese(self.as_str()) }
    }
}

/// Two or three characters, or three or four with a compound surname.
fn chinese(name: &str) -> Option<NameParts> {
    let length = name.chars().count();
    if !name.chars().all(han::is_han) {
        return None;
    }
    let compound = COMPOUND.split(' ').find(|surname| name.starts_with(surname)).filter(|_| length > 2);
    let (family, given) = match compound {
        Some(surname) => (surname, name.strip_prefix(surname)?),
        None => name.split_at(name.chars().next()?.len_utf8()),
    };
    let usual = (1..=2).contains(&given.chars().count());
    usual.then(|| NameParts { family: family.to_owned(), given: given.to_owned(), middle: None })
}

/// `SURNAME, Given Middle`
fn latin(name: &str) -> Option<NameParts> {
    let (family, rest) = name.split_once(',')?;
    let mut words = rest.split_whitespace();
    let given = words.next()?;
    let middle = words.collect::<Vec<_>>().join(" ");
    if family.trim().is_empty() || rest.contains(',') {
        return None;
    }
    let middle = Some(middle).filter(|middle| !middle.is_empty());
    Some(NameParts { family: family.trim().to_owned(), given: given.to_owned(), middle })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts(name: &str) -> Option<(String, String, Option<String>)> {
        let parts = name.parse::<PersonName>().unwrap().parts()?;
        Some((parts.family, parts.given, parts.middle))
    }

    #[track_caller]
    fn divided(name: &str, family: &str, given: &str) {
        assert_eq!(parts(name), Some((family.to_owned(), given.to_owned(), None)), "{name}");
    }

    #[test]
    fn a_chinese_name_begins_with_its_surname() {
        divided("张三", "张", "三");
        divided("林晓雨", "林", "晓雨");
        divided("欧阳小明", "欧阳", "小明");
        divided("諸葛亮", "諸葛", "亮");
        divided("𠮷田爱", "𠮷", "田爱");
        // Two characters are a surname of one and a name of one.
        divided("欧阳", "欧", "阳");
    }

    #[test]
    fn a_name_that_does_not_tell_its_parts_stays_whole() {
        for name in [
            "阿卜杜拉·买买提",
            "斯琴高娃",
            "张三李四王五",
            "某",
            "Mary Ann",
            "张John",
            "Doe,",
            ", Mary",
            "A, B, C",
        ] {
            assert_eq!(parts(name), None, "{name}");
        }
    }

    #[test]
    fn a_latin_name_is_divided_as_its_bearer_did() {
        let expected = ("DOE".to_owned(), "JANE".to_owned(), Some("MARIE ANN".to_owned()));
        assert_eq!(parts("DOE, JANE MARIE ANN"), Some(expected));
        divided("O'Neil-Roe, Mary", "O'Neil-Roe", "Mary");
    }

    proptest! {
        #[test]
        fn the_parts_of_a_chinese_name_are_the_whole_of_it(name in "[张三欧阳司马·诸葛亮]{1,6}") {
            let name = name.parse::<PersonName>();
            if let Some((name, parts)) = name.ok().and_then(|name| Some((name.clone(), name.parts()?))) {
                prop_assert_eq!(parts.family + &parts.given, name.as_str());
            }
        }
    }
}
