//! Lines of CSV with their fields: RFC 4180.

/// The lines of `text` that are not empty, with their numbers.
pub(super) fn lines(text: &str) -> Result<Vec<(usize, Vec<String>)>, String> {
    let mut lines = Vec::new();
    let (mut fields, mut field, mut quoted, mut number, mut started) = (Vec::new(), String::new(), false, 1, 1);
    let mut characters = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(character) = characters.next() {
        number += usize::from(character == '\n');
        match character {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                fields.push(std::mem::take(&mut field));
                end(&mut fields, started, &mut lines);
                started = number;
            }
            other => field.push(other),
        }
    }
    if quoted {
        return Err(format!("line {started}: a quote is not closed"));
    }
    fields.push(field);
    end(&mut fields, started, &mut lines);
    Ok(lines)
}

fn end(fields: &mut Vec<String>, number: usize, lines: &mut Vec<(usize, Vec<String>)>) {
    let fields: Vec<String> = std::mem::take(fields).iter().map(|field| field.trim().to_owned()).collect();
    let is_comment = fields.first().is_some_and(|first| first.starts_with('#'));
    if !is_comment && fields.iter().any(|field| !field.is_empty()) {
        lines.push((number, fields));
    }
}
