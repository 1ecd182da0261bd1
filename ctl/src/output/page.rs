//! A page of text for a person: lines, labelled fields and tables. Everything on it is safe for a terminal.

use comfy_table::{Attribute, Color, ColumnConstraint, ContentArrangement, LineStyle, Width, presets};
use jiff::{Timestamp, tz::TimeZone};

use super::{text, time};

/// How the page is set.
#[derive(Clone)]
pub struct Style {
    /// Columns of the terminal; `None` when stdout is no terminal and lines may be as long as they are.
    pub width: Option<usize>,
    /// Whether states are coloured.
    pub color: bool,
    /// The zone of times.
    pub zone: TimeZone,
}

/// The mood of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Good,
    Attention,
    Bad,
}

/// One value of a field or table.
#[derive(Debug, Clone)]
pub struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// A state, coloured by what it means for the operator.
    pub fn state(state: &str) -> Self {
        let tone = match state.to_ascii_lowercase().as_str() {
            "authorized" | "active" | "succeeded" | "enabled" | "done" | "ok" | "yes" | "resolved" => Tone::Good,
            "pending_authorization" | "paused" | "partial" | "interrupted" | "cancelled" | "refused" | "warning" => {
                Tone::Attention
            }
            "reauthorization_required"
            | "deauthorized"
            | "retained"
            | "removal_scheduled"
            | "blocked"
            | "failed"
            | "failing"
            | "firing"
            | "critical"
            | "unknown"
            | "no" => Tone::Bad,
            _ => Tone::Plain,
        };
        Self {
            text: state.to_owned(),
            tone,
        }
    }

    /// An error text.
    pub fn bad(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            tone: Tone::Bad,
        }
    }

    /// A text that is absent, shown as `-`.
    pub fn or_dash(text: Option<impl Into<String>>) -> Self {
        let text = text.map(Into::into).filter(|text: &String| !text.is_empty());
        text.unwrap_or_else(|| "-".to_owned()).into()
    }

    /// An error text, shown as `-` in the normal case that there is none.
    pub fn error(text: Option<&str>) -> Self {
        text.map_or_else(|| "-".into(), Self::bad)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self {
            text,
            tone: Tone::Plain,
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        number.to_string().into()
    }
}

/// Text in the making.
pub struct Page {
    style: Style,
    text: String,
}

impl Page {
    /// An empty page.
    pub fn new(style: Style) -> Self {
        Self {
            style,
            text: String::new(),
        }
    }

    /// The finished text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// One line.
    pub fn line(&mut self, line: &str) {
        self.text.push_str(&text::one_line(line));
        self.text.push('\n');
    }

    /// A text of several lines.
    pub fn block(&mut self, block: &str) {
        self.text.push_str(text::block(block).trim_end());
        self.text.push('\n');
    }

    /// An empty line between parts.
    pub fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    /// What a mutating verb says at its end.
    pub fn dry_run(&mut self, dry_run: bool) {
        if dry_run {
            self.line("Dry run: nothing was changed.");
        }
    }

    /// `Label:  value` lines with aligned values.
    pub fn fields<L: AsRef<str>>(&mut self, fields: impl IntoIterator<Item = (L, Cell)>) {
        let fields: Vec<(L, Cell)> = fields.into_iter().collect();
        let widest = fields
            .iter()
            .map(|(label, _)| label.as_ref().chars().count())
            .max()
            .unwrap_or(0)
            + 1;
        for (label, cell) in fields {
            let value = text::one_line(&cell.text);
            let value = self.paint(&value, cell.tone);
            let label = format!("{}:", text::one_line(label.as_ref()));
            self.text.push_str(&format!("{label:<widest$}  {value}"));
            self.text.push('\n');
        }
    }

    /// A table; `nothing` is said instead of an empty one.
    pub fn table<const N: usize>(&mut self, header: [&str; N], rows: Vec<[Cell; N]>, nothing: &str) {
        if rows.is_empty() {
            self.line(nothing);
            return;
        }
        let mut table = comfy_table::Table::new();
        if self.style.color {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        let bold = self.style.color;
        let mut words = header.map(longest_word);
        table.set_header(header.map(|title| {
            let cell = comfy_table::Cell::new(title);
            if bold {
                cell.add_attribute(Attribute::Bold)
            } else {
                cell
            }
        }));
        for row in rows {
            for (longest, cell) in words.iter_mut().zip(&row) {
                *longest = longest_word(&text::one_line(&cell.text)).max(*longest);
            }
            table.add_row(row.map(|cell| {
                let painted = comfy_table::Cell::new(text::one_line(&cell.text));
                match color(cell.tone) {
                    Some(color) if bold => painted.fg(color),
                    _ => painted,
                }
            }));
        }
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled);
        for column in table.column_iter_mut() {
            column.set_padding((0, SPACE));
        }
        if let Some(width) = self.style.width {
            table
                .load_style(presets::NOTHING.header_separator(LineStyle::none().fill('─')))
                .set_content_arrangement(ContentArrangement::Dynamic)
                .set_width(columns(width));
            keep_words_whole(&mut table, &words, width);
        }
        // For a pipe: no line, nothing cut.
        self.text.push_str(&table.trim_fmt());
        self.text.push('\n');
    }

    /// A time in the terminal's zone.
    pub fn time(&self, instant: Timestamp) -> String {
        time::local(instant, &self.style.zone)
    }

    /// A time that may not have come yet.
    pub fn time_or(&self, instant: Option<Timestamp>, otherwise: &str) -> Cell {
        instant.map_or_else(|| otherwise.into(), |instant| self.time(instant).into())
    }

    /// A time that may not have come yet, as people say it.
    pub fn ever(&self, instant: Option<Timestamp>) -> Cell {
        self.time_or(instant, "never")
    }

    /// A time from a record, which may be any text.
    pub fn time_text(&self, text: &str) -> String {
        time::local_text(text, &self.style.zone)
    }

    fn paint(&self, text: &str, tone: Tone) -> String {
        let code = match tone {
            Tone::Good => "32",
            Tone::Attention => "33",
            Tone::Bad => "31",
            Tone::Plain => return text.to_owned(),
        };
        if self.style.color {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Space between two columns.
const SPACE: u16 = 2;

/// Breaks lines between words as far as the width allows: half a time or name is hard to read. Where it does not,
/// only the longest words are broken.
fn keep_words_whole(table: &mut comfy_table::Table, words: &[usize], width: usize) {
    let space = usize::from(SPACE);
    let needed = |cap: usize| words.iter().map(|word| (*word).min(cap) + space).sum::<usize>();
    let Some(cap) = (1..=width).rev().find(|cap| needed(*cap) <= width) else {
        return;
    };
    for (column, word) in table.column_iter_mut().zip(words) {
        // The boundary includes the padding.
        let least = columns((*word).min(cap) + space);
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
    }
}

fn longest_word(text: &str) -> usize {
    text.split(' ').map(|word| word.chars().count()).max().unwrap_or(0)
}

fn columns(width: usize) -> u16 {
    u16::try_from(width).unwrap_or(u16::MAX)
}

fn color(tone: Tone) -> Option<Color> {
    match tone {
        Tone::Plain => None,
        Tone::Good => Some(Color::DarkGreen),
        Tone::Attention => Some(Color::DarkYellow),
        Tone::Bad => Some(Color::DarkRed),
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::{Cell, Page, Style};

    fn page(width: Option<usize>, color: bool) -> Page {
        Page::new(Style {
            width,
            color,
            zone: TimeZone::UTC,
        })
    }

    fn rows() -> Vec<[Cell; 2]> {
        vec![
            ["Sales".into(), Cell::state("authorized")],
            [
                "A very long name of an account that does not fit".into(),
                "\u{1b}[2Jx".into(),
            ],
        ]
    }

    #[test]
    fn pipe_gets_a_plain_aligned_table_of_any_width() {
        let mut page = page(None, false);
        page.table(["NAME", "STATE"], rows(), "None.");
        assert_eq!(
            page.text(),
            "NAME                                              STATE\n\
             Sales                                             authorized\n\
             A very long name of an account that does not fit  \\u{1b}[2Jx\n"
        );
    }

    #[test]
    fn terminal_table_keeps_within_the_width() {
        let mut page = page(Some(40), false);
        page.table(["NAME", "STATE"], rows(), "None.");
        for line in page.text().lines() {
            assert!(line.chars().count() <= 40, "{line}");
        }
        assert!(page.text().contains("────"), "{}", page.text());
    }

    #[test]
    fn words_stay_whole_where_the_terminal_allows_it() {
        let rows = vec![[
            "2026-03-08 07:30:00 +00:00".into(),
            "Jane Doe (+14155550111)".into(),
            "Headquarters Vienna".into(),
        ]];
        let mut page = page(Some(52), false);
        page.table(["ENDED", "FROM", "SITE"], rows, "None.");
        for word in ["2026-03-08", "07:30:00", "(+14155550111)", "Headquarters"] {
            assert!(page.text().contains(word), "{}", page.text());
        }
        assert!(
            page.text().lines().all(|line| line.chars().count() <= 52),
            "{}",
            page.text()
        );
    }

    #[test]
    fn colour_only_where_it_is_wanted() {
        let mut coloured = page(Some(60), true);
        coloured.fields([("State", Cell::state("failed"))]);
        assert_eq!(coloured.text(), "State:  \u{1b}[31mfailed\u{1b}[0m\n");
        let mut plain = page(Some(60), false);
        plain.fields([("State", Cell::state("failed"))]);
        plain.table(["NAME", "STATE"], rows(), "None.");
        assert!(!plain.text().contains('\u{1b}'));
    }
}
