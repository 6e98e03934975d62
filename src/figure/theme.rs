//! Light and dark pages.

use super::colour::blend;
use super::sheet::{Colour, Ink};

/// The page on which a figure is drawn. Colours that mean something (lines of a palette, colour scales) are the same on both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    /// Dark text on white: for papers, and for JupyterLab's light theme.
    #[default]
    Light,
    /// Light text on nearly black: for talks, and for JupyterLab's dark theme.
    Dark,
}

impl Theme {
    /// The colour of a part of the page.
    pub(super) fn colour(self, ink: Ink) -> Colour {
        match (self, ink) {
            (_, Ink::Own(colour)) => colour,
            (Theme::Light, Ink::Tint(colour)) => blend(self.colour(Ink::Paper), colour, 0.18),
            (Theme::Dark, Ink::Tint(colour)) => blend(self.colour(Ink::Paper), colour, 0.28),
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
}
