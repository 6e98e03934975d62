//! Light and dark pages.

use super::axis::{PALETTE, PALETTE_ON_DARK};
use super::colour::{blend, contrast, legible};
use super::sheet::{Colour, Ink};
use std::sync::atomic::{AtomicU8, Ordering};

/// The page on which a figure is drawn. Colour scales are the same on both; lines, dots and bars have lighter colours on a
/// dark page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    /// Dark text on white: for papers, and for JupyterLab's light theme.
    #[default]
    Light,
    /// Light text on nearly black: for talks, and for JupyterLab's dark theme.
    Dark,
}

/// The session's theme: 0 while nobody has said, else 1 more than the theme's number.
static SESSION: AtomicU8 = AtomicU8::new(0);

/// The theme of all figures that are drawn from now on in this session; those there are keep theirs.
///
/// Without it the environment's `NEUROCELL_THEME=dark` counts, and without that figures are light. One figure's theme is
/// [`Figure::theme`](crate::figure::Figure::theme).
///
/// ```standalone_crate
/// use neurocell::figure::{Theme, bars, set_theme};
/// set_theme(Theme::Dark);
/// let figure = bars(&["story"], &[3.1], "Words", "z")?;
/// assert!(figure.svg()?.contains("#111111"));
/// # Ok::<(), neurocell::Error>(())
/// ```
pub fn set_theme(theme: Theme) {
    SESSION.store(1 + theme as u8, Ordering::Relaxed);
}

impl Theme {
    /// The theme of a figure of which nothing else is said.
    pub(super) fn of_session() -> Theme {
        match SESSION.load(Ordering::Relaxed) {
            0 => Theme::named(std::env::var("NEUROCELL_THEME").ok().as_deref()),
            1 => Theme::Light,
            _ => Theme::Dark,
        }
    }

    /// The theme that the environment names.
    fn named(name: Option<&str>) -> Theme {
        match name {
            Some(name) if name.trim().eq_ignore_ascii_case("dark") => Theme::Dark,
            _ => Theme::Light,
        }
    }

    /// The colour of a part of the page.
    pub(super) fn colour(self, ink: Ink) -> Colour {
        match (self, ink) {
            (Theme::Light, Ink::Own(colour)) => colour,
            (Theme::Dark, Ink::Own(colour)) => match PALETTE.iter().position(|own| *own == colour) {
                Some(n) => PALETTE_ON_DARK[n],
                None => colour,
            },
            (Theme::Light, Ink::Tint(colour)) => blend(self.colour(Ink::Paper), colour, 0.18),
            (Theme::Dark, Ink::Tint(colour)) => blend(self.colour(Ink::Paper), self.colour(Ink::Own(colour)), 0.28),
            (Theme::Light, Ink::Strong) => [0x22, 0x22, 0x22],
            (Theme::Light, Ink::Soft) => [0x55, 0x55, 0x55],
            (Theme::Light, Ink::Frame) => [0x99, 0x99, 0x99],
            (Theme::Light, Ink::Faint) => [0xe4, 0xe4, 0xe4],
            (Theme::Light, Ink::Paper) => [0xff, 0xff, 0xff],
            (Theme::Dark, Ink::Strong) => [0xee, 0xee, 0xee],
            (Theme::Dark, Ink::Soft) => [0xb8, 0xb8, 0xb8],
            (Theme::Dark, Ink::Frame) => [0x77, 0x77, 0x77],
            (Theme::Dark, Ink::Faint) => [0x38, 0x38, 0x38],
            (Theme::Dark, Ink::Paper) => [0x11, 0x11, 0x11],
        }
    }

    /// The colour in which a text can be read: its own where that stands out from what it stands on, else as near to it
    /// as can be read on the page, else black or white.
    pub(super) fn text(self, ink: Ink, ground: Ink) -> Colour {
        let (own, under) = (self.colour(ink), self.colour(ground));
        match ground {
            _ if legible(own, under) => own,
            Ink::Paper => {
                let strong = self.colour(Ink::Strong);
                let mut nearer = (1..20).map(|n| blend(own, strong, 0.05 * f64::from(n)));
                nearer.find(|colour| legible(*colour, under)).unwrap_or(strong)
            }
            _ => contrast(under),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_names_the_theme() {
        assert_eq!(Theme::named(Some("dark")), Theme::Dark);
        assert_eq!(Theme::named(Some(" Dark ")), Theme::Dark);
        for other in [None, Some(""), Some("light"), Some("solarized")] {
            assert_eq!(Theme::named(other), Theme::Light);
        }
    }
}
