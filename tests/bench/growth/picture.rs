//! The curves as a picture, for pages that are light and pages that are dark.

use std::error::Error;

use plotters::coord::Shift;
use plotters::coord::combinators::{BindKeyPoints, IntoLogRange};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::curve::{Curve, grouped};

type Panel<'a> = DrawingArea<SVGBackend<'a>, Shift>;

const SIZE: (u32, u32) = (960, 700);
const LEGEND_HEIGHT: u32 = 60;
const TITLE_HEIGHT: i32 = 36;
const LEFT: i32 = 36;
const RIGHT: i32 = 36;

/// How much higher than the highest point a panel is, for the number above it.
const HEADROOM: f64 = 1.25;

/// plotters takes the height of a line for the size of a font, and writes the latter.
const LINE_HEIGHT: f64 = 1.24;
const FONT: &str = "ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif";

const PAPER: RGBColor = RGBColor(0xfb, 0xfa, 0xf7);
const NAME: RGBColor = RGBColor(0x23, 0x25, 0x1f);
const NOTE: RGBColor = RGBColor(0x66, 0x69, 0x5f);
const GRID: RGBColor = RGBColor(0xe4, 0xe1, 0xd8);

/// What a cost is made of, in the order of [`Curve::parts`].
const PARTS: [(&str, RGBColor); 4] = [
    ("messages", RGBColor(0x6b, 0x9a, 0x4b)),
    ("function", RGBColor(0xd0, 0x9a, 0x3e)),
    ("writes", RGBColor(0x4f, 0x86, 0xb0)),
    ("reads and logs", RGBColor(0x93, 0x7b, 0xa8)),
];

/// plotters writes each colour where it is used; a style sheet goes before that.
const STYLE: &str = "<style>
  rect[fill='#FBFAF7'] { rx: 14px }
  @media (prefers-color-scheme: dark) {
    [fill='#FBFAF7'] { fill: #1b1d19 } [fill='#23251F'] { fill: #eceee7 } [fill='#66695F'] { fill: #a3a89a }
    [stroke='#E4E1D8'] { stroke: #3a3e35 } [stroke='#FBFAF7'] { stroke: #1b1d19 }
  }
</style>";

const TITLE: &str = "How the cost of a turn grows: it does not with the length of its conversation and the number of connections, \
                     and in proportion with the length of its reply and the number of tabs that show it.";

/// Draws the curves, two in a row, as SVG.
pub fn draw(curves: &[Curve]) -> String {
    let mut picture = String::new();
    paint(SVGBackend::with_string(&mut picture, SIZE).into_drawing_area(), curves).unwrap();
    let (opening, rest) = picture.split_once("xmlns").unwrap();
    let (attributes, drawing) = rest.split_once('>').unwrap();
    format!("{opening}role=\"img\" aria-label=\"{TITLE}\" xmlns{attributes}>\n{STYLE}{drawing}")
}

fn paint(paper: Panel<'_>, curves: &[Curve]) -> Result<(), Box<dyn Error>> {
    paper.fill(&PAPER)?;
    let (legend, panels) = paper.split_vertically(LEGEND_HEIGHT);
    paint_legend(&legend)?;
    for (panel, curve) in panels.split_evenly((curves.len().div_ceil(2), 2)).iter().zip(curves) {
        paint_curve(panel, curve)?;
    }
    paper.present()?;
    Ok(())
}

fn paint_legend(legend: &Panel<'_>) -> Result<(), Box<dyn Error>> {
    legend.draw(&Text::new("What a million turns cost, in dollars", (LEFT, 34), text(16.0, NAME, HPos::Left)))?;
    let mut x = 390;
    for (name, colour) in PARTS {
        legend.draw(&Rectangle::new([(x, 28), (x + 12, 40)], colour.filled()))?;
        legend.draw(&Text::new(name, (x + 19, 34), text(14.0, NOTE, HPos::Left)))?;
        x += 48 + 8 * name.len() as i32;
    }
    Ok(())
}

fn paint_curve(panel: &Panel<'_>, curve: &Curve) -> Result<(), Box<dyn Error>> {
    let title = format!("by {}", curve.name);
    panel.draw(&Text::new(title, (LEFT, 18), text(16.0, NAME, HPos::Left)))?;
    if let Some(per) = &curve.per {
        let (width, _) = panel.dim_in_pixel();
        let note = format!("for each {}", per.name);
        panel.draw(&Text::new(note, (width as i32 - RIGHT, 18), text(14.0, NOTE, HPos::Right)))?;
    }

    let stacks: Vec<(f64, [f64; 4])> =
        curve.points.iter().map(|point| (point.size as f64, running_sums(curve.parts(point)))).collect();
    let sizes: Vec<f64> = stacks.iter().map(|(size, _)| *size).collect();
    let (least, most) = (sizes[0], sizes[sizes.len() - 1]);
    let highest = stacks.iter().map(|(_, sums)| sums[3]).fold(0.0, f64::max);

    let mut chart = ChartBuilder::on(panel)
        .margin_top(TITLE_HEIGHT)
        .margin_left(LEFT)
        .margin_right(RIGHT)
        .x_label_area_size(44)
        .build_cartesian_2d((least..most).log_scale().with_key_points(sizes), 0.0..highest * HEADROOM)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .disable_y_mesh()
        .axis_style(GRID)
        .set_all_tick_mark_size(5)
        .x_label_style(text(13.0, NOTE, HPos::Center))
        .x_label_formatter(&|size| grouped(size.round() as usize))
        .draw()?;
    for (part, (_, colour)) in PARTS.iter().enumerate().rev() {
        let sums = stacks.iter().map(|(size, sums)| (*size, sums[part]));
        chart.draw_series(AreaSeries::new(sums, 0.0, colour.filled()))?;
    }
    for (size, sums) in &stacks {
        let total = sums[3];
        chart.draw_series([Circle::new((*size, total), 4, NAME.filled())])?;
        let side = if *size == least {
            HPos::Left
        } else if *size == most {
            HPos::Right
        } else {
            HPos::Center
        };
        let label =
            EmptyElement::at((*size, total)) + Text::new(format!("${total:.0}"), (0, -16), text(14.0, NAME, side));
        chart.draw_series([label])?;
    }
    Ok(())
}

fn running_sums(parts: [f64; 4]) -> [f64; 4] {
    let mut sum = 0.0;
    parts.map(|part| {
        sum += part;
        sum
    })
}

fn text(size: f64, colour: RGBColor, side: HPos) -> TextStyle<'static> {
    (FONT, size * LINE_HEIGHT).into_font().color(&colour).pos(Pos::new(side, VPos::Center))
}
