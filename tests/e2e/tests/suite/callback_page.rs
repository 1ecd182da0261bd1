//! The page that a person's browser shows after consenting at Zoom, in a real browser where there is one.

use e2e::{
    World, browser, skipping,
    world::{prompt, small},
};

#[test]
fn a_real_browser_shows_code_and_command_and_runs_nothing_from_the_address() {
    let Some(program) = browser::program() else {
        skipping::without_tool("no chromium is installed; the page is tested over HTTP only");
        return;
    };
    let mut world = World::new(prompt(vec![small("acme")]));
    let port = world.listen("");
    world.start();
    let _ = world.add_account("acme");
    let url = world.authorize_url("acme");
    let grant = world
        .zoom()
        .authorize(&url, &world.zoom_account("acme").owner_email())
        .expect("the consent page");
    // Where Zoom would send the browser, on the port of this test.
    let query = grant
        .redirect_url
        .split_once('?')
        .map(|(_, query)| query.to_owned())
        .expect("a query");
    let code = query
        .split('&')
        .find_map(|part| part.strip_prefix("code="))
        .expect("a code");
    // The page's own policy forbids every script, so what is seen here is seen without them.
    let profile = world.home().join("browser");
    let page = browser::document(&program, &profile, &format!("http://{}/oauth/callback?{query}", port.0));
    assert!(page.contains(&format!("<pre id=\"code\">{code}</pre>")), "{page}");
    assert!(
        page.contains("callsyncctl account authorize acme --code-file -"),
        "{page}"
    );
    assert!(!page.contains("id=\"unknown\"") && !page.contains("<script"), "{page}");
    // What an attacker puts into the address is text: were it markup, the browser would show another document.
    let profile = world.home().join("browser-evil");
    let evil = "%3Cscript%3Edocument.title%3D'pwned'%3C%2Fscript%3E%3Cimg%20src%3Dx%20onerror%3D%22document.title%3D'pwned'%22%3E";
    let page = browser::document(
        &program,
        &profile,
        &format!(
            "http://{}/oauth/callback?code={evil}&state={evil}&error={evil}&error_description={evil}",
            port.0
        ),
    );
    assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
    assert!(page.contains("callsyncd: Not authorized"), "{page}");
    // The code that was shown works.
    assert_eq!(world.paste("acme", code).ok().json()["state"], "authorized");
}
