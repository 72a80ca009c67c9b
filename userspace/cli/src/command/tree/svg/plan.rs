// SPDX-License-Identifier: GPL-2.0-only

//! Where the boxes of a picture are, and on which way lines go from one to another.
//!
//! What is connected is laid out in columns, with the initial namespace (or whoever has most connections) in
//! the middle, by the crate `layout`. Groups that are not connected are put side by side.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use layout::adt::dag::NodeHandle;
use layout::core::base::Orientation;
use layout::core::format::{ClipHandle, RenderBackend, Visible};
use layout::core::geometry::{Point as Vector, Position};
use layout::core::style::StyleAttr;
use layout::std_shapes::shapes::{Arrow, Element, ShapeKind};
use layout::topo::layout::VisualGraph;

/// Room between columns, for lines, and between boxes of a column.
const GAP: (f64, f64) = (90.0, 14.0);
/// Room between boxes that are side by side, and for a line above them.
const NEAR: f64 = 26.0;
const LANE: f64 = 6.0;
/// With more boxes than that, lines may cross: to avoid it takes a time that grows with the cube.
const MANY: usize = 100;
/// How much wider than high a picture is, about.
const SHAPE: f64 = 1.5;

/// A point, or a width and a height.
pub(super) type Point = (f64, f64);

/// What is connected: the positions of two boxes, the smaller one first.
pub(super) type Pair = (usize, usize);

/// Where everything is.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// The upper left corner of each box.
    pub(super) corners: BTreeMap<usize, Point>,
    /// The points between two boxes that lines go through, from the first to the second.
    pub(super) routes: BTreeMap<Pair, Vec<Point>>,
    /// How large all of it is.
    pub(super) size: Point,
}

impl Plan {
    /// Places boxes of these sizes, of which `first` is to be in the middle of what it is connected to.
    pub(super) fn new(sizes: &[Point], pairs: &BTreeSet<Pair>, first: Option<usize>) -> Self {
        let neighbours = neighbours(sizes.len(), pairs);
        let mut groups: Vec<Plan> = groups(&neighbours)
            .iter()
            .map(|members| {
                let most = || members.iter().max_by_key(|at| neighbours[**at].len());
                let root = first.filter(|first| members.contains(first));
                let root = root.or_else(|| most().copied()).unwrap_or_default();
                Group::new(sizes, &neighbours, members, root).plan()
            })
            .collect();
        // The largest first, as so little room is lost.
        groups.sort_by(|a, b| b.size.1.total_cmp(&a.size.1));
        shelves(groups)
    }
}

fn neighbours(count: usize, pairs: &BTreeSet<Pair>) -> Vec<BTreeSet<usize>> {
    let mut neighbours = vec![BTreeSet::new(); count];
    for (one, other) in pairs {
        neighbours[*one].insert(*other);
        neighbours[*other].insert(*one);
    }
    neighbours
}

/// The boxes that are connected in whichever way.
fn groups(neighbours: &[BTreeSet<usize>]) -> Vec<Vec<usize>> {
    let mut seen = vec![false; neighbours.len()];
    let mut groups = Vec::new();
    for start in 0..neighbours.len() {
        let mut group = Vec::new();
        let mut next = vec![start];
        while let Some(at) = next.pop() {
            if !std::mem::replace(&mut seen[at], true) {
                group.push(at);
                next.extend(&neighbours[at]);
            }
        }
        if !group.is_empty() {
            group.sort_unstable();
            groups.push(group);
        }
    }
    groups
}

/// Puts groups side by side, and below each other where that becomes too wide.
fn shelves(groups: Vec<Plan>) -> Plan {
    let area: f64 = groups.iter().map(|one| one.size.0 * one.size.1).sum();
    let widest = groups.iter().map(|one| one.size.0).fold(0.0, f64::max);
    let room = widest.max((area * SHAPE).sqrt());
    let mut all = Plan::default();
    let (mut x, mut y, mut height) = (0.0, 0.0, 0.0_f64);
    for group in groups {
        if x > 0.0 && x + group.size.0 > room {
            (x, y, height) = (0.0, y + height, 0.0);
        }
        let moved = |(left, top): Point| (left + x, top + y);
        let corners = group.corners.into_iter();
        all.corners
            .extend(corners.map(|(at, corner)| (at, moved(corner))));
        let routes = group.routes.into_iter();
        let routes = routes.map(|(pair, route)| (pair, route.into_iter().map(moved).collect()));
        all.routes.extend(routes);
        x += group.size.0;
        height = height.max(group.size.1);
        all.size = (all.size.0.max(x), y + height);
    }
    all
}

/// Boxes that are connected.
struct Group<'a> {
    sizes: &'a [Point],
    neighbours: &'a [BTreeSet<usize>],
    members: &'a [usize],
    /// In which column each is, that of the root being 0.
    columns: BTreeMap<usize, i64>,
    bundles: Vec<Bundle>,
}

/// Boxes that are connected to one other only, side by side, the nearest to it first. Many of them would
/// else make one endless column.
struct Bundle {
    members: Vec<usize>,
    /// Whether the other one is on their left.
    right: bool,
}

impl<'a> Group<'a> {
    fn new(
        sizes: &'a [Point],
        neighbours: &'a [BTreeSet<usize>],
        members: &'a [usize],
        root: usize,
    ) -> Self {
        let mut group = Group {
            sizes,
            neighbours,
            members,
            columns: BTreeMap::from([(root, 0)]),
            bundles: Vec::new(),
        };
        let mut next = VecDeque::from([root]);
        while let Some(at) = next.pop_front() {
            let new = neighbours[at].iter().copied();
            let new = new.filter(|other| !group.columns.contains_key(other));
            let (ends, more): (Vec<_>, Vec<_>) = new.partition(|one| neighbours[*one].len() == 1);
            let column = group.columns[&at];
            let sides: &[i64] = match column.signum() {
                0 => &[-1, 1],
                side => &[side],
            };
            let placed = more.iter().zip(sides.iter().cycle());
            let placed = placed.map(|(one, side)| (*one, column + side));
            group.columns.extend(placed);
            next.extend(more);
            let half = ends.len() / sides.len();
            let (first, second) = ends.split_at(if sides.len() > 1 { half } else { 0 });
            group.bundle(first, column - 1, sides.len());
            group.bundle(second, column + sides[sides.len() - 1], sides.len());
        }
        group
    }

    /// Puts boxes with one neighbour only side by side, so many that all is about as wide as it is high.
    fn bundle(&mut self, ends: &[usize], column: i64, sides: usize) {
        let area = |at: &usize| (self.sizes[*at].0 + NEAR) * (self.sizes[*at].1 + GAP.1);
        let area: f64 = ends.iter().map(area).sum();
        let widths = ends.iter().map(|at| self.sizes[*at].0 + NEAR);
        let columns = (area * SHAPE / super::number(sides)).sqrt() / widths.fold(1.0, f64::max);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small number"
        )]
        let columns = columns.round().clamp(1.0, 64.0) as usize;
        self.columns.extend(ends.iter().map(|at| (*at, column)));
        self.bundles
            .extend(ends.chunks(columns).map(|members| Bundle {
                members: members.to_vec(),
                right: column > 0,
            }));
    }

    fn plan(&self) -> Plan {
        let mut graph = VisualGraph::new(Orientation::LeftToRight);
        let mut nodes: BTreeMap<usize, NodeHandle> = BTreeMap::new();
        for bundle in &self.bundles {
            let node = graph.add_node(element(bundle.size(self.sizes)));
            nodes.extend(bundle.members.iter().map(|at| (*at, node)));
        }
        for at in self.members {
            let new = || graph.add_node(element(self.sizes[*at]));
            nodes.entry(*at).or_insert_with(new);
        }
        let mut drawn = BTreeSet::new();
        for (one, other) in self.pairs() {
            let (from, to) = match self.columns[&one] <= self.columns[&other] {
                true => (one, other),
                false => (other, one),
            };
            if drawn.insert((nodes[&from].get_index(), nodes[&to].get_index())) {
                graph.add_edge(Arrow::invisible(), nodes[&from], nodes[&to]);
            }
        }
        let quick = graph.num_nodes() > MANY;
        graph.do_it(false, quick, false, &mut Nothing);

        let corner = |at: &usize| {
            let (corner, _) = graph.pos(nodes[at]).bbox(false);
            (*at, (corner.x, corner.y))
        };
        let mut plan = Plan {
            corners: self.members.iter().map(corner).collect(),
            ..Plan::default()
        };
        let mut lanes = BTreeMap::new();
        for bundle in &self.bundles {
            let corner = plan.corners[&bundle.members[0]];
            bundle.place(self.sizes, corner, &mut plan.corners, &mut lanes);
        }
        for (one, other) in self.pairs() {
            let mut route = self.across(&plan.corners, between(&graph, nodes[&one], nodes[&other]));
            // From the other one to the bundle, or back.
            route.extend(lanes.get(&other).into_iter().flatten());
            let back = lanes.get(&one).into_iter().flatten().rev().copied();
            route.splice(0..0, back);
            plan.routes.insert((one, other), route);
        }
        self.framed(plan)
    }

    /// The same from the upper left corner on.
    fn framed(&self, mut plan: Plan) -> Plan {
        let mut ends: Vec<Point> = plan.routes.values().flatten().copied().collect();
        for at in self.members {
            let ((x, y), (width, height)) = (plan.corners[at], self.sizes[*at]);
            ends.extend([(x, y), (x + width, y + height)]);
        }
        let least = |of: fn(&Point) -> f64| ends.iter().map(of).fold(f64::MAX, f64::min);
        let most = |of: fn(&Point) -> f64| ends.iter().map(of).fold(f64::MIN, f64::max);
        let (left, top) = (least(|end| end.0), least(|end| end.1));
        let (width, height) = (most(|end| end.0) - left, most(|end| end.1) - top);
        let moved = |(x, y): Point| (x - left + NEAR, y - top + GAP.1);
        let points = plan.routes.values_mut().flatten();
        for point in plan.corners.values_mut().chain(points) {
            *point = moved(*point);
        }
        plan.size = (width + 2.0 * NEAR, height + 2.0 * GAP.1);
        plan
    }

    fn pairs(&self) -> impl Iterator<Item = Pair> + '_ {
        self.members.iter().flat_map(|one| {
            let others = self.neighbours[*one].iter();
            let others = others.filter(move |other| one < *other);
            others.map(|other| (*one, *other))
        })
    }

    /// From one side of each column to the other, where its boxes leave a way.
    fn across(&self, corners: &BTreeMap<usize, Point>, ways: Vec<Point>) -> Vec<Point> {
        let mut points = Vec::new();
        let mut last = None;
        for (x, y) in ways {
            let sides = self.members.iter().map(|at| {
                let left = corners[at].0;
                (left, left + self.sizes[*at].0)
            });
            let column = sides.filter(|(left, right)| (*left..*right).contains(&x));
            let widest = |a: Point, b: Point| (a.0.min(b.0), a.1.max(b.1));
            let (left, right) = column.fold((x, x), widest);
            let backward = last.is_some_and(|last| last > x);
            last = Some(x);
            match backward {
                true => points.extend([(right, y), (left, y)]),
                false => points.extend([(left, y), (right, y)]),
            }
        }
        points
    }
}

impl Bundle {
    /// With a lane above for each but the nearest.
    fn size(&self, sizes: &[Point]) -> Point {
        let sizes = || self.members.iter().map(|at| sizes[*at]);
        let width: f64 = sizes().map(|size| size.0 + NEAR).sum();
        let height = sizes().map(|size| size.1).fold(0.0, f64::max);
        (width - NEAR, height + self.lanes())
    }

    fn lanes(&self) -> f64 {
        super::number(self.members.len() - 1) * LANE
    }

    /// Gives each its corner, and to those that are behind others a way above these.
    fn place(
        &self,
        sizes: &[Point],
        corner: Point,
        corners: &mut BTreeMap<usize, Point>,
        lanes: &mut BTreeMap<usize, [Point; 2]>,
    ) {
        let (x, y) = corner;
        let width = self.size(sizes).0;
        // Or, mirrored, from the right.
        let at_distance = |distance: f64| {
            if self.right {
                x + distance
            } else {
                x + width - distance
            }
        };
        let mut distance = 0.0;
        for (place, at) in self.members.iter().enumerate() {
            let (near, far) = (at_distance(distance), at_distance(distance + sizes[*at].0));
            corners.insert(*at, (near.min(far), y + self.lanes()));
            if place > 0 {
                // The furthest takes the uppermost, and crosses none.
                let height = y + self.lanes() - (super::number(place) - 0.5) * LANE;
                let lane = [at_distance(0.0), at_distance(distance - NEAR)];
                lanes.insert(*at, lane.map(|x| (x, height)));
            }
            distance += sizes[*at].0 + NEAR;
        }
    }
}

fn element(size: Point) -> Element {
    let side = Orientation::LeftToRight;
    let vector = |(x, y): Point| Vector::new(x, y);
    let halo = vector((GAP.0 / 2.0, GAP.1 / 2.0));
    let shape = ShapeKind::Box(String::new());
    let mut element = Element::create(shape, StyleAttr::simple(), side, vector(size));
    *element.position_mut() = Position::new(Vector::zero(), vector(size), Vector::zero(), halo);
    element
}

/// The points that the layout has put between two boxes that are further than one column from each other.
fn between(graph: &VisualGraph, from: NodeHandle, to: NodeHandle) -> Vec<Point> {
    let backward = || {
        let mut chain = chain(graph, to, from)?;
        chain.reverse();
        Some(chain)
    };
    let chain = chain(graph, from, to).or_else(backward).unwrap_or_default();
    let points = chain.into_iter().map(|node| graph.pos(node).center());
    points.map(|point| (point.x, point.y)).collect()
}

fn chain(graph: &VisualGraph, from: NodeHandle, to: NodeHandle) -> Option<Vec<NodeHandle>> {
    graph.succ(from).iter().find_map(|first| {
        let mut chain = Vec::new();
        let mut node = *first;
        while node != to {
            if !graph.is_connector(node) {
                return None;
            }
            chain.push(node);
            node = *graph.succ(node).first()?;
        }
        Some(chain)
    })
}

/// The layout is wanted, not the drawing.
struct Nothing;

impl RenderBackend for Nothing {
    fn draw_rect(
        &mut self,
        _: Vector,
        _: Vector,
        _: &StyleAttr,
        _: Option<String>,
        _: Option<ClipHandle>,
    ) {
    }
    fn draw_line(&mut self, _: Vector, _: Vector, _: &StyleAttr, _: Option<String>) {}
    fn draw_circle(&mut self, _: Vector, _: Vector, _: &StyleAttr, _: Option<String>) {}
    fn draw_text(&mut self, _: Vector, _: &str, _: &StyleAttr) {}
    fn draw_arrow(
        &mut self,
        _: &[(Vector, Vector)],
        _: bool,
        _: (bool, bool),
        _: &StyleAttr,
        _: Option<String>,
        _: &str,
    ) {
    }
    fn create_clip(&mut self, _: Vector, _: Vector, _: usize) -> ClipHandle {
        0
    }
}

#[cfg(test)]
mod properties;
