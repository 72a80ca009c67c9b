// SPDX-License-Identifier: GPL-2.0-only

//! Namespaces as boxes with their devices, and connections as lines, as a picture.

mod plan;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use homeward_client::model::State;
use svg::node::element::path::Data;
use svg::node::element::{Group, Path, Rectangle, Style, Text, Title};
use svg::Document;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::draw::{nodes, Node};
use super::edges::{edges, Edge, End, Relation};
use super::{Device, Namespace, Picture};
use crate::render::device::place;
use crate::render::text::{or_absent, printable};

use plan::{Pair, Plan, Point};

/// Height of a line of text, and width of a letter, which all are as wide as each other.
const LINE: f64 = 17.0;
const LETTER: f64 = 7.3;
/// Between the side of a box and its text.
const PAD: f64 = 10.0;
/// More letters than that of a name are not shown, but when the mouse is over it.
const LONGEST: usize = 40;
/// Room for the legend.
const LEGEND: f64 = 34.0;

const LOOK: &str = "\
text{font:12px monospace;fill:#222}\
.name{font-weight:bold;font-size:13px}.note{fill:#777;font-size:11px}.bad{fill:#b00020}\
.box{fill:#f7f8fa;stroke:#8a93a0}.init{fill:#eaf2fb;stroke:#3b6ea8}.dying{stroke:#b00020;stroke-dasharray:6 3}\
.down{fill:#888}.away{fill:#a05a00}\
path{fill:none;stroke-width:1.4}\
.peer{stroke:#3b6ea8}.lower{stroke:#5a7d3a;stroke-dasharray:1.5 3}.home{stroke:#c87000;stroke-dasharray:7 4}";

/// The text of a picture.
pub(super) fn picture(tree: &Picture) -> String {
    let lines = edges(tree);
    // Ports are below what they are ports of.
    let lines: Vec<_> = lines
        .into_iter()
        .filter(|one| one.relation != Relation::Port)
        .collect();
    let mut boxes: Vec<Box<'_>> = tree.namespaces.iter().map(Box::new).collect();
    let pair = |edge: &Edge<'_>| (edge.from.at.min(edge.to.at), edge.from.at.max(edge.to.at));
    let pairs: BTreeSet<Pair> = lines
        .iter()
        .map(pair)
        .filter(|(one, other)| one != other)
        .collect();
    let sizes: Vec<Point> = boxes.iter().map(|one| one.size).collect();
    let first = tree
        .namespaces
        .iter()
        .position(|one| one.initial == Some(true));
    let plan = Plan::new(&sizes, &pairs, first);
    for (at, one) in boxes.iter_mut().enumerate() {
        one.corner = plan.corners[&at];
    }
    let canvas = Canvas { plan, boxes };
    canvas.sorted(&lines).draw(&lines)
}

/// A line of text in a box.
struct Row<'a> {
    device: &'a Device,
    depth: usize,
}

impl Row<'_> {
    fn text(&self) -> String {
        let device = self.device;
        let mut text = cut(&device.name);
        if let Some(kind) = &device.kind {
            text.push_str(&format!(" ({})", cut(kind)));
        }
        if let Some(home) = &device.home {
            text.push_str(&format!(", home {}", cut(&or_absent(home.name.as_ref()))));
        }
        if device.stuck {
            text.push_str(", stuck");
        }
        text
    }

    /// How far it stands to the right, as a port below what it is a port of.
    fn indent(&self) -> f64 {
        number(self.depth) * 2.0 * LETTER
    }

    /// What the mouse shows.
    fn title(&self) -> String {
        let device = self.device;
        let state = device.state.unwrap_or("of unknown state");
        let mut text = format!("{}, {state}", printable(&device.name));
        if let Some(home) = &device.home {
            let name = or_absent(home.name.as_ref());
            text.push_str(&format!(", home {name}@{}", place(&home.namespace)));
        }
        text
    }

    fn class(&self) -> &'static str {
        match self.device {
            Device { stuck: true, .. } => "bad",
            Device { home: Some(_), .. } => "away",
            Device {
                state: Some("up"), ..
            } => "up",
            _ => "down",
        }
    }
}

/// A namespace as it is drawn.
struct Box<'a> {
    namespace: &'a Namespace,
    nodes: Vec<Node<'a>>,
    corner: Point,
    size: Point,
}

impl<'a> Box<'a> {
    fn new(namespace: &'a Namespace) -> Self {
        let mut new = Box {
            namespace,
            nodes: nodes(namespace.devices.iter()),
            corner: (0.0, 0.0),
            size: (0.0, 0.0),
        };
        new.size = new.measure();
        new
    }

    fn rows(&self) -> Vec<Row<'a>> {
        fn collect<'a>(nodes: &[Node<'a>], depth: usize, rows: &mut Vec<Row<'a>>) {
            for node in nodes {
                let device = node.device;
                rows.push(Row { device, depth });
                collect(&node.ports, depth + 1, rows);
            }
        }
        let mut rows = Vec::new();
        collect(&self.nodes, 0, &mut rows);
        rows
    }

    /// What stands below its name: one line each.
    fn captions(&self) -> Vec<(String, &'static str)> {
        let one = self.namespace;
        let others = one.names.iter().skip(1);
        let mut captions: Vec<_> = others
            .map(|name| (format!("also {}", cut(name)), "note"))
            .collect();
        let named = one.initial == Some(true) || !one.names.is_empty();
        let owner = one.owned_by.as_ref().map(|owner| cut(&owner.text()));
        captions.extend(owner.map(|owner| (owner, "note")));
        let cookie = one.cookie.filter(|_| named);
        captions.extend(cookie.map(|cookie| (format!("cookie {cookie}"), "note")));
        match (one.state, &one.hidden) {
            (Some(state), _) if state != State::Live => {
                captions.push((state.name().to_owned(), "bad"));
            }
            (_, Some(why)) => captions.push((format!("hidden: {}", cut(why)), "bad")),
            _ => {}
        }
        captions
    }

    fn measure(&self) -> Point {
        let rows = self.rows();
        let captions = self.captions();
        let long = |text: &str| number(text.width()) * LETTER;
        let widths = rows.iter().map(|row| row.indent() + long(&row.text()));
        let widths = widths.chain(captions.iter().map(|(text, _)| long(text)));
        // The name is written larger.
        let name = long(&cut(&self.namespace.label())) * 1.1;
        let width = widths.fold(name.max(70.0), f64::max) + 2.0 * PAD;
        let lines = 1 + captions.len() + rows.len();
        (width, number(lines) * LINE + 1.2 * PAD)
    }

    /// Where the middle of a line of text is.
    fn height_of(&self, line: usize) -> f64 {
        self.corner.1 + 0.6 * PAD + (number(line) + 0.5) * LINE
    }

    fn draw(&self) -> Group {
        let (width, height) = self.size;
        let (x, y) = self.corner;
        let class = match self.namespace {
            Namespace {
                initial: Some(true),
                ..
            } => "box init",
            Namespace {
                state: Some(State::Live) | None,
                ..
            } => "box",
            _ => "box dying",
        };
        let frame = Rectangle::new().set("class", class).set("rx", 6);
        let frame = frame.set("x", round(x)).set("y", round(y));
        let mut group = Group::new().add(
            frame
                .set("width", round(width))
                .set("height", round(height)),
        );
        let label = printable(&self.namespace.label());
        let mut texts = vec![(0.0, cut(&self.namespace.label()), "name", label)];
        let captions = self.captions().into_iter();
        texts.extend(captions.map(|(text, class)| (0.0, text.clone(), class, text)));
        let rows = self.rows();
        let rows = rows.iter();
        texts.extend(rows.map(|row| (row.indent(), row.text(), row.class(), row.title())));
        for (line, (indent, text, class, title)) in texts.into_iter().enumerate() {
            let text = Text::new(text).set("class", class);
            let text = text.set("x", round(x + PAD + indent));
            let text = text.set("y", round(self.height_of(line) + 4.0));
            group = group.add(text.add(Title::new(title)));
        }
        group
    }
}

struct Canvas<'a> {
    plan: Plan,
    boxes: Vec<Box<'a>>,
}

impl Canvas<'_> {
    /// The same with devices in the order of what they are connected to, so that lines do not cross.
    fn sorted(mut self, lines: &[Edge<'_>]) -> Self {
        let mut heights: HashMap<End, f64> = HashMap::new();
        for edge in lines.iter().filter(|edge| edge.from.at != edge.to.at) {
            for (own, other) in [(edge.from, edge.to), (edge.to, edge.from)] {
                let towards = self.route(own.at, other.at).first().map(|point| point.1);
                let other = &self.boxes[other.at];
                let middle = other.corner.1 + other.size.1 / 2.0;
                heights.entry(own).or_insert(towards.unwrap_or(middle));
            }
        }
        for (at, one) in self.boxes.iter_mut().enumerate() {
            sort(&mut one.nodes, at, &heights);
        }
        self
    }

    /// The points between two boxes.
    fn route(&self, from: usize, to: usize) -> Vec<Point> {
        let route = |pair: Pair| self.plan.routes.get(&pair).cloned().unwrap_or_default();
        match from <= to {
            true => route((from, to)),
            false => route((to, from)).into_iter().rev().collect(),
        }
    }

    fn draw(&self, lines: &[Edge<'_>]) -> String {
        let (width, height) = self.plan.size;
        let (width, height) = (width.max(560.0), height + LEGEND);
        let size = (0, 0, round(width), round(height));
        let mut document = Document::new()
            .set("viewBox", size)
            .set("width", round(width))
            .set("height", round(height))
            .add(Style::new(LOOK))
            .add(
                Rectangle::new()
                    .set("width", "100%")
                    .set("height", "100%")
                    .set("fill", "#fff"),
            );
        let rows = self.boxes.iter().enumerate().flat_map(|(at, one)| {
            let skipped = 1 + one.captions().len();
            let rows = one.rows().into_iter().enumerate();
            rows.map(move |(line, row)| {
                let ifindex = Some(row.device.ifindex);
                (End { at, ifindex }, line + skipped)
            })
        });
        let rows: BTreeMap<End, usize> = rows.collect();
        for one in &self.boxes {
            document = document.add(one.draw());
        }
        for edge in lines {
            document = document.add(self.line(edge, &rows));
        }
        format!("{}\n", document.add(legend(height)))
    }

    fn line(&self, edge: &Edge<'_>, rows: &BTreeMap<End, usize>) -> Path {
        // A device that is not drawn, and a namespace, is where the name of the namespace is.
        let height = |end: End| self.boxes[end.at].height_of(rows.get(&end).copied().unwrap_or(0));
        let side = |at: usize, right: bool| {
            let one = &self.boxes[at];
            one.corner.0 + if right { one.size.0 } else { 0.0 }
        };
        let middle = |at: usize| (side(at, true) + side(at, false)) / 2.0;
        let (from, to) = (edge.from.at, edge.to.at);
        let between = self.route(from, to);
        let towards = |own: usize, next: Option<&Point>, other: usize| {
            next.map_or_else(|| middle(other), |point| point.0) >= middle(own)
        };
        let right = towards(from, between.first(), to);
        let left = match from == to {
            true => right,
            false => towards(to, between.last(), from),
        };
        let start = (side(from, right), height(edge.from));
        let end = (side(to, left), height(edge.to));
        let data = Data::new().move_to((round(start.0), round(start.1)));
        let data = match from == to {
            true => bow(data, start, end),
            false => curve(data, start, between.into_iter().chain([end])),
        };
        let class = match edge.relation {
            Relation::Home => "home",
            Relation::Lower | Relation::Underlay => "lower",
            Relation::Peer | Relation::Port => "peer",
        };
        Path::new()
            .set("class", class)
            .set("d", data)
            .add(Title::new(self.title(edge)))
    }

    /// What the mouse shows.
    fn title(&self, edge: &Edge<'_>) -> String {
        let name = |end: End| {
            let namespace = self.boxes[end.at].namespace;
            let device = namespace
                .devices
                .iter()
                .find(|one| Some(one.ifindex) == end.ifindex);
            let label = printable(&namespace.label());
            device.map_or(label.clone(), |device| {
                format!("{}@{label}", printable(&device.name))
            })
        };
        let word = match edge.relation {
            Relation::Home => "home",
            Relation::Underlay => "packets travel in",
            Relation::Lower => "above",
            Relation::Peer | Relation::Port => "and",
        };
        format!("{} {word} {}", name(edge.from), name(edge.to))
    }
}

fn sort(nodes: &mut [Node<'_>], at: usize, heights: &HashMap<End, f64>) {
    let height = |node: &Node<'_>| {
        let ifindex = Some(node.device.ifindex);
        // Those that are connected to nothing elsewhere come first.
        heights
            .get(&End { at, ifindex })
            .copied()
            .unwrap_or(f64::MIN)
    };
    nodes.sort_by(|a, b| height(a).total_cmp(&height(b)));
    for node in nodes {
        sort(&mut node.ports, at, heights);
    }
}

/// A line that leaves and arrives level.
fn curve(data: Data, start: Point, points: impl Iterator<Item = Point>) -> Data {
    let mut last = start;
    points.fold(data, |data, point| {
        let middle = round((last.0 + point.0) / 2.0);
        let (x, y) = (round(point.0), round(point.1));
        let data = data.cubic_curve_to((middle, round(last.1), middle, y, x, y));
        last = point;
        data
    })
}

/// A line between two devices of one box.
fn bow(data: Data, start: Point, end: Point) -> Data {
    let out = round(start.0 + 14.0 + (end.1 - start.1).abs().min(400.0) / 8.0);
    data.cubic_curve_to((
        out,
        round(start.1),
        out,
        round(end.1),
        round(end.0),
        round(end.1),
    ))
}

fn legend(height: f64) -> Group {
    let y = round(height - LEGEND / 2.0);
    let entries = [
        ("peer", "two ends of a pair"),
        ("lower", "above another device"),
        ("home", "away from home"),
    ];
    let mut group = Group::new();
    let mut x = 20.0;
    for (class, words) in entries {
        let line = Data::new().move_to((x, y)).line_to((x + 30.0, y));
        let text = Text::new(words).set("class", "note").set("x", x + 38.0);
        group = group.add(Path::new().set("class", class).set("d", line));
        group = group.add(text.set("y", y + 4.0));
        x += 62.0 + number(words.len()) * LETTER;
    }
    group
}

/// A name in one line, not too long.
fn cut(text: &str) -> String {
    let text = printable(text);
    if text.width() <= LONGEST {
        return text;
    }
    let mut room = LONGEST - 1;
    let fits = |letter: &char| {
        let left = room.checked_sub(letter.width().unwrap_or_default());
        room = left.unwrap_or_default();
        left.is_some()
    };
    let start: String = text.chars().take_while(fits).collect();
    format!("{start}\u{2026}")
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// To a tenth.
fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
