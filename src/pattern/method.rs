//! The methods behind one face.

use super::{Dictionary, Ica, KMeans, Pca};

/// A method that finds temporal patterns, with its options; what [`NeuronSeries::patterns`](crate::activation::NeuronSeries::patterns) takes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Method {
    /// Sparse dictionary learning.
    Dictionary(Dictionary),
    /// Independent component analysis.
    Ica(Ica),
    /// k-means clustering of neurons.
    KMeans(KMeans),
    /// Principal component analysis.
    Pca(Pca),
}

impl Method {
    /// Number of patterns asked for.
    pub fn count(&self) -> usize {
        match self {
            Method::Dictionary(dictionary) => dictionary.atoms,
            Method::Ica(ica) => ica.k,
            Method::KMeans(kmeans) => kmeans.k,
            Method::Pca(pca) => pca.k,
        }
    }

    /// Bytes that it takes besides the standardised copy of the series.
    pub(super) fn memory(&self, time: usize, neurons: usize) -> u64 {
        match self {
            Method::Dictionary(dictionary) => dictionary.memory(time, neurons),
            Method::Ica(ica) => ica.memory(time, neurons),
            Method::KMeans(kmeans) => kmeans.memory(time, neurons),
            Method::Pca(pca) => pca.memory(time, neurons),
        }
    }
}

impl From<Dictionary> for Method {
    fn from(dictionary: Dictionary) -> Method {
        Method::Dictionary(dictionary)
    }
}

impl From<Ica> for Method {
    fn from(ica: Ica) -> Method {
        Method::Ica(ica)
    }
}

impl From<KMeans> for Method {
    fn from(kmeans: KMeans) -> Method {
        Method::KMeans(kmeans)
    }
}

impl From<Pca> for Method {
    fn from(pca: Pca) -> Method {
        Method::Pca(pca)
    }
}
