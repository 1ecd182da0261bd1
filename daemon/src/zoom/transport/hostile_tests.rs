//! Hostile page tokens, ids and regions: they stay in their place in the URL, and a token comes back as it was sent.

use ::hostile::Target;

use super::*;
use crate::zoom::endpoint::{CALL_DETAIL, CALL_HISTORY};

#[test]
fn a_hostile_page_token_or_id_stays_in_its_place() {
    let base = Url::parse("https://api.zoom.us/v2").expect("a url");
    let target = Target::new("page-tokens")
        .seed("R4aF9Oj0fVM2hhezJTEmSKaBSfhftSJoLf")
        .seed("a&page_size=1&next_page_token=b#c")
        .seed("../../users?x=%2e%2e/%00")
        .brief(2_000);
    target.attack(|input| {
        let Ok(text) = std::str::from_utf8(input) else { return };
        let url = url_of(&base, &Request::new(&CALL_HISTORY).with("from", text).page(Some(text))).expect("a URL");
        assert_eq!(
            (url.host_str(), url.path()),
            (Some("api.zoom.us"), "/v2/phone/call_history")
        );
        let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let sent = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            query,
            [
                sent("from", text),
                sent("page_size", "300"),
                sent("next_page_token", text)
            ]
        );
        assert_eq!(url.fragment(), None);
        if let Ok(url) = url_of(&base, &Request::about(&CALL_DETAIL, text)) {
            assert_eq!(url.host_str(), Some("api.zoom.us"));
            let places: Vec<&str> = url.path_segments().expect("a path").collect();
            assert_eq!(places.len(), 4, "{url}");
            assert_eq!(places[..3], ["v2", "phone", "call_history"], "{url}");
            assert_eq!((url.query(), url.fragment()), (None, None), "{url}");
        }
    });
}
