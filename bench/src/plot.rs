// SPDX-License-Identifier: GPL-2.0-only

//! Pictures of results.
//!
//! For each row of the programme that has sizes: the value over the size, a line for each thing
//! that was measured; and the times behind it, which say only how they grow. Both axes are
//! logarithmic, so a linear cost is a straight line that climbs as the axes do.

use crate::measure::median;
use crate::report::figure;
use crate::result::{
    Results,
    Row,
    Unit, //
};
use plotters::coord::Shift;
use plotters::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// What can go wrong with a picture, in words.
pub type Failure = String;

/// Points of each line, by its name.
type Lines = BTreeMap<String, Vec<(f64, f64)>>;

const SIZE: (u32, u32) = (1100, 560);

/// One picture.
struct Picture {
    /// Of its file, without directory.
    name: String,
    title: String,
    x: String,
    y: String,
    lines: Lines,
    target: Option<f64>,
}

/// Draws all pictures into a directory; gives the names of the files.
///
/// # Errors
///
/// What could not be drawn or written, and why.
pub fn draw_all(results: &Results, directory: &Path) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for picture in pictures(results) {
        draw(&picture, &directory.join(&picture.name))?;
        names.push(picture.name);
    }
    Ok(names)
}

fn pictures(results: &Results) -> Vec<Picture> {
    let mut groups: BTreeMap<(String, String), Vec<&Row>> = BTreeMap::new();
    for row in &results.rows {
        // What has no size has no place on the axis.
        if row.size.is_some() {
            let group = (row.row.clone(), row.sized.clone());
            groups.entry(group).or_default().push(row);
        }
    }
    let mut pictures = Vec::new();
    for ((name, sized), rows) in groups {
        let ratios: Vec<&Row> = (rows.iter().copied())
            .filter(|row| row.unit == Unit::Ratio && of_times(row))
            .collect();
        let stem = format!("{name}-{}", sized.replace(' ', "-"));
        pictures.push(Picture {
            name: format!("{stem}-ratio.svg"),
            title: format!("{name}: ours / theirs"),
            x: sized.clone(),
            y: "ratio".to_owned(),
            lines: lines_of(&ratios),
            target: common_target(&ratios),
        });
        pictures.push(Picture {
            name: format!("{stem}-time.svg"),
            title: format!("{name}: how the times grow"),
            x: sized,
            y: "ms".to_owned(),
            lines: times_of(&rows),
            target: None,
        });
    }
    // A single point is no picture.
    pictures.retain(|picture| picture.lines.values().any(|points| points.len() > 1));
    pictures
}

/// Whether it is a ratio of times: memory and calls are in the table only.
fn of_times(row: &Row) -> bool {
    row.sides.iter().all(|side| side.unit == "ms")
}

/// The target, if all have the same.
fn common_target(rows: &[&Row]) -> Option<f64> {
    let mut targets = rows.iter().map(|row| row.target);
    let first = targets.next()?;
    targets.all(|target| target == first).then_some(first)?
}

fn lines_of(rows: &[&Row]) -> Lines {
    let mut lines = Lines::new();
    for row in rows {
        add(&mut lines, row.what.clone(), row.size, row.value);
    }
    sorted(lines)
}

fn times_of(rows: &[&Row]) -> Lines {
    let mut lines = Lines::new();
    for row in rows {
        for side in row.sides.iter().filter(|side| side.unit == "ms") {
            // The side of ours is often the same in many rows: its first is enough.
            let name = format!("{} ({})", side.name, row.what);
            if let Some(middle) = median(&side.samples) {
                add(&mut lines, name, row.size, middle);
            }
        }
    }
    sorted(lines)
}

/// Adds a point, if a logarithm can be taken of it.
fn add(lines: &mut Lines, name: String, size: Option<u64>, value: f64) {
    // Sizes are small enough to be exact.
    let size = size.and_then(|size| u32::try_from(size).ok());
    let Some(size) = size.filter(|size| *size > 0 && value > 0.0) else {
        return;
    };
    lines
        .entry(name)
        .or_default()
        .push((f64::from(size), value));
}

fn sorted(mut lines: Lines) -> Lines {
    for points in lines.values_mut() {
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    lines
}

/// The least and the most of some figures, with room around them.
fn range(figures: impl Iterator<Item = f64>) -> std::ops::Range<f64> {
    let (least, most) = figures.fold((f64::MAX, f64::MIN), |(least, most), figure| {
        (least.min(figure), most.max(figure))
    });
    least / 1.5..most * 1.5
}

/// A range that goes on to the right, where the names of the lines are.
fn with_room(range: std::ops::Range<f64>) -> std::ops::Range<f64> {
    range.start..range.end * (range.end / range.start).powf(0.6)
}

fn draw(picture: &Picture, path: &Path) -> Result<(), Failure> {
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    draw_on(picture, &area).map_err(|error| format!("{}: {error}", path.display()))
}

fn draw_on(
    picture: &Picture,
    area: &DrawingArea<SVGBackend<'_>, Shift>,
) -> Result<(), Box<dyn std::error::Error>> {
    area.fill(&WHITE)?;
    let points = || picture.lines.values().flatten();
    let x = with_room(range(points().map(|point| point.0)));
    let y = range(points().map(|point| point.1).chain(picture.target));
    let mut chart = ChartBuilder::on(area)
        .caption(&picture.title, ("sans-serif", 22))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(70)
        .build_cartesian_2d(x.clone().log_scale(), y.log_scale())?;
    chart
        .configure_mesh()
        .x_desc(&picture.x)
        .y_desc(&picture.y)
        .x_label_formatter(&|value| figure(*value))
        .y_label_formatter(&|value| figure(*value))
        .draw()?;
    for (number, (name, points)) in picture.lines.iter().enumerate() {
        let color = Palette99::pick(number).to_rgba();
        chart
            .draw_series(
                LineSeries::new(points.iter().copied(), color.stroke_width(2)).point_size(3),
            )?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color));
    }
    if let Some(target) = picture.target {
        let ends = [(x.start, target), (x.end, target)];
        chart
            .draw_series(LineSeries::new(ends, BLACK))?
            .label("target")
            .legend(|(x, y)| PathElement::new([(x, y), (x + 16, y)], BLACK));
    }
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK)
        .position(SeriesLabelPosition::UpperRight)
        .draw()?;
    area.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Pairs;

    fn results() -> Results {
        let row = |size: u32| {
            let pairs = Pairs {
                a: vec![f64::from(size)],
                b: vec![f64::from(size) / 20.0],
            };
            let row = Row::ratio("list", "lsns -t net", ("lsns", "homeward"), "ms", &pairs);
            row.unwrap().size(u64::from(size), "namespaces").target(0.1)
        };
        Results {
            rows: vec![row(1000), row(10)],
            ..Results::default()
        }
    }

    #[test]
    fn sizes_are_in_order_on_the_axis() {
        let all = pictures(&results());
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].lines["lsns -t net"], [(10.0, 0.05), (1000.0, 0.05)]);
        assert_eq!(all[0].target, Some(0.1));
        assert_eq!(all[1].lines.len(), 2);
    }

    #[test]
    fn a_picture_is_drawn_with_its_words() {
        let directory = std::env::temp_dir().join(format!("homeward-plot-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let names = draw_all(&results(), &directory).unwrap();
        assert_eq!(
            names,
            ["list-namespaces-ratio.svg", "list-namespaces-time.svg"]
        );
        let svg = std::fs::read_to_string(directory.join(&names[0])).unwrap();
        std::fs::remove_dir_all(&directory).unwrap();
        for word in ["</svg>", "lsns -t net", "target", "namespaces"] {
            assert!(svg.contains(word), "no {word}");
        }
    }

    #[test]
    fn a_single_size_is_no_picture() {
        let mut results = results();
        results.rows.pop();
        assert!(pictures(&results).is_empty());
    }
}
