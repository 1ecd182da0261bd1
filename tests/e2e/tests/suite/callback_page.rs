//! The page that a person's browser shows after consenting at Zoom, in a real browser where there is one.

use std::fs;

use e2e::{
    World,
    browser::{self, Scripts},
    skipping,
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
    let profile = world.home().join("browser");
    let url = format!("http://{}/oauth/callback?{query}", port.0);
    let page = browser::document(&program, &profile, Scripts::Run, &url);
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
        Scripts::Run,
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

#[test]
fn the_callback_page_works_with_scripts_switched_off() {
    let Some(program) = browser::program() else {
        skipping::skip("no chromium is installed; the page is tested over HTTP only");
        return;
    };
    let mut world = World::new(prompt(vec![small("acme")]));
    let port = world.listen("");
    world.start();
    let _ = world.add_account("acme");
    let grant = world
        .zoom()
        .authorize(&world.authorize_url("acme"), &world.zoom_account("acme").owner_email())
        .expect("the consent page");
    let (_, query) = grant.redirect_url.split_once('?').expect("a query");
    let code = query
        .split('&')
        .find_map(|part| part.strip_prefix("code="))
        .expect("a code");

    // The proof that they are off: a page that a script would change.
    let changing = world.home().join("changing.html");
    let text = "<p id=a>as written</p><script>document.getElementById('a').textContent='changed'</script>";
    fs::write(&changing, text).expect("a page");
    let file = format!("file://{}", changing.display());
    let with = browser::document(&program, &world.home().join("with"), Scripts::Run, &file);
    let without = browser::document(&program, &world.home().join("without"), Scripts::Off, &file);
    assert!(with.contains(">changed</p>"), "{with}");
    assert!(without.contains(">as written</p>"), "{without}");

    let url = format!("http://{}/oauth/callback?{query}", port.0);
    let page = browser::document(&program, &world.home().join("without"), Scripts::Off, &url);
    assert!(page.contains(&format!("<pre id=\"code\">{code}</pre>")), "{page}");
    assert!(
        page.contains("callsyncctl account authorize acme --code-file -"),
        "{page}"
    );
    let with = browser::document(&program, &world.home().join("with"), Scripts::Run, &url);
    assert_eq!(page, with, "scripts make no difference");
    assert_eq!(world.paste("acme", code).ok().json()["state"], "authorized");
}
