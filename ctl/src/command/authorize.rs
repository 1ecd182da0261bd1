//! `account add` and `account authorize`: from the authorize URL to `Connected.`

use std::{
    fs::File,
    io::{self, Read, Write as _},
    path::{Path, PathBuf},
};

use callsync_shared::{
    ExitCode,
    api::{
        Document,
        account::{Account, AddAccount as AddBody, Authorize},
    },
    client::{Answer, routes},
};

use super::account_view;
use crate::{
    cli::{AddAccount, AuthorizeAccount},
    context::Context,
    error::Failure,
    output::text,
};

/// How often a person may paste before we give up; Zoom's codes are single-use, so a typo must not end it.
const ATTEMPTS: u32 = 3;
/// A redirected URL is a few hundred bytes; whatever is longer is another file.
const LONGEST_CODE: u64 = 64 << 10;

/// Where the code comes from.
#[derive(Debug, PartialEq, Eq)]
enum CodeSource {
    /// Nowhere: the URL is the result.
    None,
    /// The person at the terminal.
    Terminal,
    /// `--code-file -`.
    Stdin,
    /// `--code-file FILE`.
    File(PathBuf),
}

impl CodeSource {
    fn choose(code_file: Option<PathBuf>, interactive: bool, dry_run: bool) -> Self {
        match code_file {
            Some(file) if file == Path::new("-") => Self::Stdin,
            Some(file) => Self::File(file),
            None if interactive && !dry_run => Self::Terminal,
            None => Self::None,
        }
    }

    /// Refuses a file that is not there, before anything is changed.
    fn check(&self) -> Result<(), Failure> {
        match self {
            Self::File(file) => std::fs::metadata(file)
                .map(drop)
                .map_err(|error| unreadable(file, &error)),
            _ => Ok(()),
        }
    }

    /// Reads the code from the file or standard input: the first line that is not empty.
    fn read(&self) -> Result<String, Failure> {
        let (content, place) = match self {
            Self::Stdin => (first_line_of_stdin(), "standard input".to_owned()),
            Self::File(file) => (
                File::open(file).and_then(|file| {
                    let mut content = String::new();
                    file.take(LONGEST_CODE).read_to_string(&mut content).map(|_| content)
                }),
                file.display().to_string(),
            ),
            Self::None | Self::Terminal => (Ok(String::new()), "the terminal".to_owned()),
        };
        let content = content.map_err(|error| unreadable(Path::new(&place), &error))?;
        let code = content.lines().map(str::trim).find(|line| !line.is_empty());
        code.map(str::to_owned).ok_or_else(|| no_code(&place))
    }
}

fn first_line_of_stdin() -> io::Result<String> {
    let mut input = io::BufReader::new(io::stdin().lock().take(LONGEST_CODE));
    let mut line = String::new();
    while line.trim().is_empty() {
        line.clear();
        // A person may keep the input open after the line.
        if io::BufRead::read_line(&mut input, &mut line)? == 0 {
            break;
        }
    }
    Ok(line)
}

fn unreadable(file: &Path, error: &io::Error) -> Failure {
    Failure::usage(
        format!("The code cannot be read from {}: {error}.", file.display()),
        "Name a readable file with --code-file FILE, or - for standard input.",
    )
}

fn no_code(place: &str) -> Failure {
    Failure::usage(
        format!("There is no code in {place}."),
        "Give the code, or the whole URL you were redirected to, with --code-file FILE or --code-file -.",
    )
}

/// `account add`.
pub async fn add(context: &Context, command: AddAccount) -> Result<ExitCode, Failure> {
    let AddAccount {
        name,
        group,
        auth,
        zoom_account_id,
        code_file,
        dry_run,
    } = command;
    let dry_run = dry_run.dry_run;
    let source = CodeSource::choose(code_file, context.output.interactive(), dry_run);
    source.check()?;
    let body = AddBody {
        name: name.clone(),
        group: group.clone(),
        auth: Some(auth),
        zoom_account_id,
    };
    let answer = context
        .send_patiently(&routes::add_account(&body).dry_run(dry_run))
        .await?;
    if dry_run {
        return context.show(&answer, |account, page| {
            let account = account.body;
            page.line(&format!(
                "Account {} would be added to the enterprise group {}.",
                account.name, account.group
            ));
            page.dry_run(true);
        });
    }
    if source == CodeSource::None {
        return show(context, &answer, true);
    }
    let account = answer.document()?.body;
    if account.authorize_url.is_none() {
        return show(context, &answer, true);
    }
    invite(context, &account, &source);
    match obtain_and_exchange(context, &name, &source).await {
        Ok(answer) => show(context, &answer, false),
        Err(failure) => Err(explain(context, &name, failure, true).await),
    }
}

/// `account authorize`.
pub async fn authorize(context: &Context, command: AuthorizeAccount) -> Result<ExitCode, Failure> {
    let AuthorizeAccount {
        name,
        code_file,
        dry_run,
    } = command;
    let dry_run = dry_run.dry_run;
    let source = CodeSource::choose(code_file, context.output.interactive(), dry_run);
    source.check()?;
    if matches!(source, CodeSource::None | CodeSource::Terminal) {
        let request = routes::authorize(&name, &Authorize::default()).dry_run(dry_run);
        let answer = context.send_patiently(&request).await?;
        if source == CodeSource::None {
            return context.show(&answer, |account, page| {
                result(&account.body, false, page);
                page.dry_run(dry_run);
            });
        }
        let account = answer.document()?.body;
        if account.authorize_url.is_none() {
            // Server-to-server: there is no code, it is connected already.
            return show(context, &answer, false);
        }
        invite(context, &account, &source);
    } else if dry_run {
        let body = Authorize {
            code: Some(source.read()?),
        };
        let answer = context
            .send_patiently(&routes::authorize(&name, &body).dry_run(true))
            .await?;
        return context.show(&answer, |_, page| page.dry_run(true));
    }
    match obtain_and_exchange(context, &name, &source).await {
        Ok(answer) => show(context, &answer, false),
        Err(failure) => Err(explain(context, &name, failure, false).await),
    }
}

async fn obtain_and_exchange(
    context: &Context,
    name: &str,
    source: &CodeSource,
) -> Result<Answer<Document<Account>>, Failure> {
    if *source != CodeSource::Terminal {
        return exchange(context, name, source.read()?).await;
    }
    let mut left = ATTEMPTS;
    loop {
        let question = "Paste the code, or the whole URL you were redirected to: ";
        let code = context.output.ask(question)?.ok_or_else(|| no_code("the terminal"))?;
        left -= 1;
        let failure = if code.is_empty() {
            no_code("the terminal")
        } else {
            match exchange(context, name, code).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            }
        };
        if left == 0 || !another_code_may_help(&failure) {
            return Err(failure);
        }
        failure.report(false);
        // A consumed URL is replaced: show the one that works now.
        let account = context.send(&routes::account(name)).await?.document()?.body;
        invite(context, &account, source);
    }
}

async fn exchange(context: &Context, name: &str, code: String) -> Result<Answer<Document<Account>>, Failure> {
    let body = Authorize { code: Some(code) };
    context.send_patiently(&routes::authorize(name, &body)).await
}

/// Whether the failure is about the code itself, not about the account or the way to Zoom.
fn another_code_may_help(failure: &Failure) -> bool {
    let Failure::Problem(problem) = failure else {
        return false;
    };
    matches!(problem.exit_code, ExitCode::Zoom | ExitCode::Refused | ExitCode::Usage)
        && !matches!(
            problem.code.as_str(),
            "missing_scope" | "phone_not_enabled" | "zoom_unreachable"
        )
}

/// Prints the URL where the person finds it while stdout waits for the result. With `--json` and a code from
/// standard input too: whoever feeds that input can know the code only from the URL.
fn invite(context: &Context, account: &Account, source: &CodeSource) {
    if !context.output.json || *source == CodeSource::Stdin {
        let mut page = context.output.page();
        account_view::invitation(account, &mut page);
        let _ = io::stderr().write_all(page.text().as_bytes());
    }
}

/// Says what a failed authorization leaves behind and how to go on.
async fn explain(context: &Context, name: &str, failure: Failure, added: bool) -> Failure {
    let Failure::Problem(mut problem) = failure else {
        return failure;
    };
    let mut hint = vec![std::mem::take(&mut problem.hint)];
    if added {
        problem.message = format!(
            "{} The account {name} was added and stays pending.",
            sentence(&problem.message)
        );
        problem.title.clone_from(&problem.message);
        hint.push(format!(
            "Go on with: callsyncctl account authorize {}",
            text::shell_word(name)
        ));
    }
    let reachable = !matches!(problem.exit_code, ExitCode::DaemonUnreachable | ExitCode::TimedOut);
    if reachable
        && let Ok(answer) = context.send(&routes::account(name)).await
        && let Ok(account) = answer.document()
        && let Some(url) = account.body.authorize_url
        && !hint[0].contains(&url)
    {
        hint.push(format!("The authorize URL that works now: {url}"));
    }
    hint.retain(|part| !part.is_empty());
    problem.hint = hint.join("\n");
    Failure::Problem(problem)
}

fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

fn show(context: &Context, answer: &Answer<Document<Account>>, added: bool) -> Result<ExitCode, Failure> {
    context.show(answer, |account, page| result(&account.body, added, page))
}

/// What `add` and `authorize` print for a person.
fn result(account: &Account, added: bool, page: &mut crate::output::page::Page) {
    if account.authorize_url.is_some() {
        if added {
            page.line(&format!(
                "Account {} was added to the enterprise group {}. It waits for authorization.",
                account.name, account.group
            ));
        }
        account_view::invitation(account, page);
        page.line(&format!(
            "Then give the code, or the URL you were redirected to: callsyncctl account authorize {} --code-file FILE (- is standard input)",
            text::shell_word(&account.name)
        ));
    } else if account.state == "authorized" {
        match account.account_number {
            Some(number) => page.line(&format!("Connected. Zoom account number {number}")),
            None => page.line("Connected."),
        }
        account_view::missing(&account.scopes.missing, page);
    } else {
        account_view::fields(account, page);
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::CodeSource;

    #[test]
    fn only_a_terminal_without_a_code_file_prompts() {
        let choose = CodeSource::choose;
        assert_eq!(choose(None, true, false), CodeSource::Terminal);
        assert_eq!(choose(None, false, false), CodeSource::None);
        assert_eq!(choose(None, true, true), CodeSource::None);
        assert_eq!(choose(Some(PathBuf::from("-")), true, false), CodeSource::Stdin);
        assert_eq!(
            choose(Some(PathBuf::from("c")), true, false),
            CodeSource::File(PathBuf::from("c"))
        );
    }
}
