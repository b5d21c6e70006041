//! Tables whose columns line up, whatever script is in them.

use unicode_width::UnicodeWidthStr;

use super::style::{DIM, one_line};

/// On which side of a column its texts stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A table for people.
pub(crate) struct Table {
    columns: Vec<Align>,
    header: Option<Vec<String>>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these columns.
    pub(crate) fn new(columns: &[Align]) -> Self {
        Self { columns: columns.to_vec(), header: None, rows: Vec::new() }
    }

    /// The same table with a line above that names the columns.
    pub(crate) fn with_header(mut self, names: &[&str]) -> Self {
        self.header = Some(names.iter().map(|name| (*name).to_owned()).collect());
        self
    }

    /// Adds a row.
    pub(crate) fn row<C: AsRef<str>>(&mut self, cells: &[C]) {
        self.rows.push(cells.iter().map(|cell| one_line(cell.as_ref())).collect());
    }

    /// The lines of the table, each after `indent` blanks.
    pub(crate) fn render(&self, indent: usize) -> String {
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|column| {
                let cells = self.header.iter().chain(&self.rows).filter_map(|row| row.get(column));
                cells.map(|cell| cell.width()).max().unwrap_or(0)
            })
            .collect();
        let mut lines = String::new();
        if let Some(header) = &self.header {
            lines.push_str(&format!("{DIM}{}{DIM:#}\n", self.line(header, &widths, indent)));
        }
        for row in &self.rows {
            lines.push_str(&self.line(row, &widths, indent));
            lines.push('\n');
        }
        lines
    }

    fn line(&self, row: &[String], widths: &[usize], indent: usize) -> String {
        let mut line = " ".repeat(indent);
        for ((cell, align), width) in row.iter().zip(&self.columns).zip(widths) {
            let blanks = " ".repeat(width - cell.width());
            match align {
                Align::Left => line.extend([cell, blanks.as_str()]),
                Align::Right => line.extend([blanks.as_str(), cell]),
            }
            line.push_str("  ");
        }
        line.truncate(line.trim_end().len());
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_width_on_the_screen() {
        let mut table = Table::new(&[Align::Left, Align::Right]);
        table.row(&["日本", "1"]);
        table.row(&["a", "12"]);
        assert_eq!(table.render(1), " 日本   1\n a     12\n");
    }
}
