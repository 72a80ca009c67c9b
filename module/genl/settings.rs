// SPDX-License-Identifier: GPL-2.0-only

//! The values of settings in messages: written, and read back.

use kernel::prelude::*;

use crate::net::compat::eopnotsupp;
use crate::net::genl::{
    Attribute,
    Attributes,
    Policy,
    Request,
    Search, //
};
use crate::net::message::Writer;
use crate::policy::numbers::{
    self,
    Numbers, //
};
use crate::policy::settings::ADDRESS_SIZE;
use crate::recorded::{
    Altnames,
    Values, //
};
use crate::uapi::{
    setting,
    setting_value,
    Kind,
    Setting, //
};

/// What a setting in a request may hold, whichever it is.
pub(super) static POLICY: [Policy; setting_value::NUMBERS as usize + 1] = {
    let mut policy = [Policy::UNSPEC; setting_value::NUMBERS as usize + 1];
    policy[setting_value::ID as usize] = Policy::U32;
    policy[setting_value::NUMBER as usize] = Policy::UINT;
    policy[setting_value::BYTES as usize] = Policy::binary(ADDRESS_SIZE as u16);
    policy[setting_value::TEXT as usize] = Policy::string(255);
    policy[setting_value::PERMANENT as usize] = Policy::FLAG;
    policy[setting_value::NUMBERS as usize] = Policy::binary(4 * numbers::MOST as u16);
    policy
};

/// Whose values they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// One device's, which has addresses of the length that is there.
    Device,
    /// Of all that a rule matches: an empty address is that which each has of its own.
    Any,
}

/// Writes values, those of the settings with these numbers (bit n for number n), each in an attribute of
/// this kind, and with it what else there is to say of it.
pub(super) fn fill(
    message: &mut Writer<'_>,
    kind: u16,
    of: Of,
    values: &Values,
    ids: u64,
    also: impl Fn(&mut Writer<'_>, &Setting) -> Result,
) -> Result {
    let ids = ids & !values.fixed_size.lacking() & !values.lists.absent();
    let told = |one: &&Setting| ids & 1 << one.id != 0 && one.kind != Kind::Apart;
    for one in setting::ALL.iter().filter(told) {
        message.nest(kind, |nest| {
            nest.put_u32(setting_value::ID, one.id)?;
            fill_value(nest, of, values, one)?;
            also(nest, one)
        })?;
    }
    Ok(())
}

fn fill_value(nest: &mut Writer<'_>, of: Of, values: &Values, one: &Setting) -> Result {
    let sized = &values.fixed_size;
    match one.kind {
        Kind::Number(_) | Kind::Switch => {
            nest.put_uint(setting_value::NUMBER, sized.number(one.id))
        }
        // Whatever the device has of its own.
        Kind::Address if of == Of::Any && sized.address(one.id).is_empty() => {
            nest.put_flag(setting_value::PERMANENT, true)
        }
        Kind::Address => nest.put_bytes(setting_value::BYTES, sized.address(one.id)),
        Kind::Text(_) => nest.put_str(setting_value::TEXT, &values.alias),
        Kind::Texts(_) => {
            let mut names = values.altnames.iter().flat_map(Altnames::iter);
            names.try_for_each(|name| nest.put_str(setting_value::TEXT, name))
        }
        Kind::Numbers(_) => {
            let numbers = values.lists.get(one.id).unwrap_or_default();
            let bytes = numbers.to_bytes();
            let told = &bytes[..4 * numbers.as_slice().len()];
            nest.put_bytes(setting_value::NUMBERS, told)
        }
        Kind::Apart => Ok(()),
    }
}

/// Reads the values in attributes of this kind; returns of which settings there were, bit n for number n.
pub(super) fn parse(
    request: &Request<'_>,
    parts: &Attributes<'_>,
    kind: u16,
    of: Of,
    values: &mut Values,
) -> Result<u64> {
    let mut told = 0;
    for nest in parts.clone().filter(|part| part.kind() == kind) {
        let value = Value::new(request, nest, of)?;
        let bit = 1 << value.setting.id;
        if told & bit != 0 {
            return Err(value.wrong(EINVAL, "comes only once", nest));
        }
        told |= bit;
        value.parse(values)?;
    }
    Ok(told)
}

/// A setting in a request.
struct Value<'r, 'a> {
    request: &'r Request<'a>,
    setting: &'static Setting,
    nest: Attribute<'a>,
    of: Of,
}

impl<'r, 'a> Value<'r, 'a> {
    fn new(request: &'r Request<'a>, nest: Attribute<'a>, of: Of) -> Result<Self> {
        let Some(id) = nest.nested().get(setting_value::ID) else {
            return Err(request.refuse(EINVAL, c"a setting needs its id", Some(nest)));
        };
        let number = id.u32()?;
        match setting::ALL.get(number as usize) {
            Some(setting) => Ok(Value {
                request,
                setting,
                nest,
                of,
            }),
            None => Err(request.refuse_fmt(
                eopnotsupp(),
                format_args!("this version knows no setting {number}"),
                Some(id),
            )),
        }
    }

    /// Refuses it, and says which one it is.
    fn wrong(&self, error: Error, why: &str, blame: Attribute<'a>) -> Error {
        self.request.refuse_fmt(
            error,
            format_args!("{} {why}", self.setting.name),
            Some(blame),
        )
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
        match number.uint()? {
            value if value <= most => Ok(value),
            _ => Err(self.request.refuse_fmt(
                ERANGE,
                format_args!("{} is at most {most}", self.setting.name),
                Some(number),
            )),
        }
    }

    fn address(&self, present: &[u8]) -> Result<&'a [u8]> {
        let address = self.only(setting_value::BYTES, "takes a link-layer address")?;
        match (address.payload(), self.of) {
            (bytes, Of::Any) if !bytes.is_empty() => Ok(bytes),
            (bytes, Of::Device) if bytes.len() == present.len() => Ok(bytes),
            _ => Err(self.wrong(EINVAL, "has not the length of the device's", address)),
        }
    }

    /// Whether it is what the device has of its own, whatever that is.
    fn is_permanent(&self) -> Result<bool> {
        let Some(word) = self.nest.nested().get(setting_value::PERMANENT) else {
            return Ok(false);
        };
        if self.of == Of::Device || self.setting.id != setting::ADDRESS {
            return Err(self.wrong(EINVAL, "is never permanent", word));
        }
        self.only(setting_value::PERMANENT, "is permanent, or has bytes")?;
        Ok(true)
    }

    fn numbers(&self) -> Result<Numbers> {
        let all = self.only(setting_value::NUMBERS, "takes numbers")?;
        let numbers = Numbers::from_bytes(self.setting.id, all.payload());
        let numbers =
            numbers.ok_or_else(|| self.wrong(EINVAL, "has another count of numbers", all))?;
        // What a device has from its namespace is open, too, and only IP gives it that.
        let may_be_open = self.of != Of::Device || self.setting.id == setting::IPV4_CONF;
        if !may_be_open && numbers.as_slice().contains(&numbers::OPEN) {
            return Err(self.wrong(EINVAL, "has a number that only a rule leaves open", all));
        }
        Ok(numbers)
    }

    fn text(&self, text: Attribute<'a>, most: u16) -> Result<&'a [u8]> {
        match text.string()?.to_bytes() {
            bytes if bytes.len() <= usize::from(most) => Ok(bytes),
            _ => Err(self.request.refuse_fmt(
                ERANGE,
                format_args!("{} has at most {most} bytes", self.setting.name),
                Some(text),
            )),
        }
    }

    fn parse(&self, values: &mut Values) -> Result {
        let (id, sized) = (self.setting.id, &mut values.fixed_size);
        match self.setting.kind {
            Kind::Number(most) => sized.set_number(id, self.number(most)?),
            Kind::Switch => sized.set_number(id, self.number(1)?),
            Kind::Address if self.is_permanent()? => {}
            Kind::Address => {
                let address = self.address(sized.address(setting::ADDRESS))?;
                sized.set_address(id, address);
            }
            Kind::Text(most) => {
                let text = self.only(setting_value::TEXT, "takes a text")?;
                let text = self.text(text, most)?;
                values.alias.extend_from_slice(text, GFP_KERNEL)?;
            }
            Kind::Texts(most) => {
                let mut names = Altnames::new();
                let all = self.all(setting_value::TEXT, "takes texts")?;
                for name in all.filter(|part| part.kind() == setting_value::TEXT) {
                    if !names.add(self.text(name, most)?)? {
                        return Err(self.wrong(E2BIG, "are too many", name));
                    }
                }
                values.altnames = Some(names);
            }
            Kind::Numbers(_) => values.lists.add(id, &self.numbers()?)?,
            Kind::Apart => {
                return Err(self.wrong(EINVAL, "is not told as a setting", self.nest));
            }
        }
        Ok(())
    }
}
