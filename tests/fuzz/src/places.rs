// SPDX-License-Identifier: GPL-2.0-only

//! Addresses in the module, as places in its file.

use std::fs;

const SECTIONS: &str = "/sys/module/homeward/sections";

/// KCOV tells where the call to it returns to; before that are the 4 bytes of where it leads.
const OPERAND: u64 = 4;

/// Each as `SECTION OFFSET` of the call that led to it, as `readelf --relocs homeward.ko` has it.
pub(crate) fn named(addresses: &[u64]) -> Result<Vec<String>, String> {
    let failed = |error| format!("{SECTIONS}: {error}");
    let mut sections = Vec::new();
    for entry in fs::read_dir(SECTIONS).map_err(failed)?.flatten() {
        let text = fs::read_to_string(entry.path()).map_err(failed)?;
        let digits = text.trim().trim_start_matches("0x");
        if let Ok(begin) = u64::from_str_radix(digits, 16) {
            let name = entry.file_name().to_string_lossy().into_owned();
            sections.push((begin, name));
        }
    }
    sections.sort();
    Ok(addresses
        .iter()
        .filter_map(|address| name(&sections, *address))
        .collect())
}

/// The last section that begins before it.
fn name(sections: &[(u64, String)], address: u64) -> Option<String> {
    let behind = sections.partition_point(|(begin, _)| *begin <= address);
    let (begin, section) = sections.get(behind.checked_sub(1)?)?;
    let offset = (address - begin).checked_sub(OPERAND)?;
    Some(format!("{section} {offset:016x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_belongs_to_the_section_before_it() {
        let sections = [
            (0x100, ".init.text".to_owned()),
            (0x200, ".text".to_owned()),
        ];
        let named = |address| name(&sections, address);
        assert_eq!(named(0x214).as_deref(), Some(".text 0000000000000010"));
        assert_eq!(named(0x1ff).as_deref(), Some(".init.text 00000000000000fb"));
        assert_eq!(named(0xff), None);
    }
}
