// SPDX-License-Identifier: GPL-2.0-only

//! The settings of a home in messages: written, and read back.

use kernel::prelude::*;

use crate::net::compat::eopnotsupp;
use crate::net::genl::{
    Attribute,
    Attributes,
    Policy,
    Request, //
};
use crate::net::message::Writer;
use crate::policy::settings::ADDRESS_SIZE;
use crate::recorded::{
    Altnames,
    Home, //
};
use crate::uapi::{
    home,
    setting,
    setting_value,
    Kind,
    Setting, //
};

/// What a setting in a request may hold, whichever it is.
pub(super) static POLICY: [Policy; setting_value::TEXT as usize + 1] = {
    let mut policy = [Policy::REFUSED; setting_value::TEXT as usize + 1];
    policy[setting_value::ID as usize] = Policy::U32;
    policy[setting_value::NUMBER as usize] = Policy::UINT;
    policy[setting_value::BYTES as usize] = Policy::binary(ADDRESS_SIZE as u16);
    policy[setting_value::TEXT as usize] = Policy::string(255);
    policy
};

/// Writes all settings of a home.
pub(super) fn fill(nest: &mut Writer<'_>, entry: &Home) -> Result {
    for one in &setting::ALL {
        fill_one(nest, entry, one)?;
    }
    Ok(())
}

fn fill_one(nest: &mut Writer<'_>, entry: &Home, one: &Setting) -> Result {
    let mine = &entry.settings;
    let mut put = |fill: &dyn Fn(&mut Writer<'_>) -> Result| {
        nest.nest(home::SETTING, |nest| {
            nest.put_u32(setting_value::ID, one.id)?;
            fill(nest)
        })
    };
    match one.kind {
        Kind::Number(_) | Kind::Switch => {
            put(&|nest| nest.put_uint(setting_value::NUMBER, mine.number(one.id)))
        }
        // Not of a home that an older version told, which remains one (`parse_tcx()`).
        Kind::Address if one.id == setting::BROADCAST && entry.tcx.is_none() => Ok(()),
        Kind::Address => put(&|nest| nest.put_bytes(setting_value::BYTES, mine.address(one.id))),
        Kind::Text(_) if entry.alias.is_empty() => Ok(()),
        Kind::Text(_) => put(&|nest| nest.put_str(setting_value::TEXT, &entry.alias)),
        Kind::Texts(_) => match &entry.altnames {
            Some(names) if !names.is_empty() => put(&|nest| {
                let mut names = names.iter();
                names.try_for_each(|name| nest.put_str(setting_value::TEXT, name))
            }),
            _ => Ok(()),
        },
        Kind::Apart => Ok(()),
    }
}

/// Reads the settings of a home into it; returns which there were, bit n for number n.
pub(super) fn parse(request: &Request<'_>, parts: &Attributes<'_>, made: &mut Home) -> Result<u64> {
    let mut told = 0;
    for nest in parts.clone().filter(|part| part.kind() == home::SETTING) {
        let value = Value::new(request, nest)?;
        let bit = 1 << value.setting.id;
        if told & bit != 0 {
            return Err(value.wrong(EINVAL, "comes only once", nest));
        }
        told |= bit;
        value.parse(made)?;
    }
    Ok(told)
}

/// A setting in a request.
struct Value<'r, 'a> {
    request: &'r Request<'a>,
    setting: &'static Setting,
    nest: Attribute<'a>,
}

impl<'r, 'a> Value<'r, 'a> {
    fn new(request: &'r Request<'a>, nest: Attribute<'a>) -> Result<Self> {
        let Some(id) = nest.nested().get(setting_value::ID) else {
            return Err(request.refuse(EINVAL, c"a setting needs its id", Some(nest)));
        };
        match setting::ALL.get(id.u32() as usize) {
            Some(setting) => Ok(Value {
                request,
                setting,
                nest,
            }),
            None => Err(request.refuse_because(
                eopnotsupp(),
                format_args!("this version knows no setting {}", id.u32()),
                id,
            )),
        }
    }

    /// Refuses it, and says which one it is.
    fn wrong(&self, error: Error, why: &str, blame: Attribute<'a>) -> Error {
        self.request
            .refuse_because(error, format_args!("{} {why}", self.setting.name), blame)
    }

    /// The only attribute beside the id, which is of this kind.
    fn only(&self, kind: u16, takes: &str) -> Result<Attribute<'a>> {
        let parts = self.all(kind, takes)?;
        if let Some(second) = parts.duplicate(&[]) {
            return Err(self.wrong(EINVAL, takes, second));
        }
        let found = parts.get(kind);
        found.ok_or_else(|| self.wrong(EINVAL, takes, self.nest))
    }

    /// All attributes; those beside the id are of this kind.
    fn all(&self, kind: u16, takes: &str) -> Result<Attributes<'a>> {
        let parts = self.nest.nested();
        let other = |part: &Attribute<'a>| ![setting_value::ID, kind].contains(&part.kind());
        let second = parts.duplicate(&[setting_value::TEXT]);
        match second.or_else(|| parts.clone().find(other)) {
            Some(part) => Err(self.wrong(EINVAL, takes, part)),
            None => Ok(parts),
        }
    }

    fn number(&self, most: u64) -> Result<u64> {
        let number = self.only(setting_value::NUMBER, "takes a number")?;
        match number.uint() {
            value if value <= most => Ok(value),
            _ => Err(self.request.refuse_because(
                ERANGE,
                format_args!("{} is at most {most}", self.setting.name),
                number,
            )),
        }
    }

    fn address(&self, len: usize) -> Result<&'a [u8]> {
        let address = self.only(setting_value::BYTES, "takes a link-layer address")?;
        match address.bytes() {
            bytes if bytes.len() == len => Ok(bytes),
            _ => Err(self.wrong(EINVAL, "has not the length of the device's", address)),
        }
    }

    fn text(&self, text: Attribute<'a>, most: u16) -> Result<&'a [u8]> {
        match text.text() {
            bytes if bytes.len() <= usize::from(most) => Ok(bytes),
            _ => Err(self.request.refuse_because(
                ERANGE,
                format_args!("{} has at most {most} bytes", self.setting.name),
                text,
            )),
        }
    }

    fn parse(&self, made: &mut Home) -> Result {
        let id = self.setting.id;
        match self.setting.kind {
            Kind::Number(most) => made.settings.set_number(id, self.number(most)?),
            Kind::Switch => made.settings.set_number(id, self.number(1)?),
            Kind::Address => {
                let len = made.settings.address(id).len();
                made.settings.set_address(id, self.address(len)?);
            }
            Kind::Text(most) => {
                let text = self.only(setting_value::TEXT, "takes a text")?;
                let text = self.text(text, most)?;
                made.alias.extend_from_slice(text, GFP_KERNEL)?;
            }
            Kind::Texts(most) => {
                let mut names = Altnames::new();
                let all = self.all(setting_value::TEXT, "takes texts")?;
                for name in all.filter(|part| part.kind() == setting_value::TEXT) {
                    if !names.add(self.text(name, most)?)? {
                        return Err(self.wrong(E2BIG, "are too many", name));
                    }
                }
                made.altnames = Some(names);
            }
            Kind::Apart => {
                return Err(self.wrong(EINVAL, "is not told as a setting", self.nest));
            }
        }
        Ok(())
    }
}
