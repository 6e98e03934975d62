//! Exactly what a notebook cell sees.

pub use crate::activation::NeuronSeries;
pub use crate::activation::{Activations, Pooling, ReadOptions, TopWord};
pub use crate::activation::{Derivatives, Downsampling, Hrf, Response, Sampling, Silence, WordTime};
pub use crate::brain::{Aroma, CleaningReport, CompCor, Confounds, Dataset, Expansion, Scrub, Strategy};
pub use crate::brain::{Bold, Cleaning, Participants, Subject};
pub use crate::brain::{BrainMap, Mask, Networks, SurfaceMap, VoxelSeries};
pub use crate::brain::{Interpolation, Masker, NetworkSeries, VoxelFile};
pub use crate::brain::{LabelRule, NetworkTable, Overlap, Suggestions, atlases, fetch_atlas, write_maps};
pub use crate::clock::Clock;
pub use crate::coupling::{Best, DiceTable, MatchOptions, NetworkMatch, PatternMap, Reading, SpatialNull, SubGroups};
pub use crate::coupling::{
    Bounded, BrainOrganisation, InterpretOptions, Interpretation, OrganisationOptions, OrganisationStudy, OverSubjects,
    SignificantMatch, interpret, interpret_with, match_significant, organisation, organisation_of_models,
};
pub use crate::coupling::{Coupling, Link, Share, Stability, Synchrony, couple, couple_group, couple_with};
pub use crate::coupling::{
    Enrichment, LayerTests, Meaning, MeaningOptions, NetworkMeaning, NeuronLists, WordClasses, WordKind, layer_tests,
    meaning, meaning_of, meaning_with, word_classes,
};
pub use crate::coupling::{OfHead, Places, head_counts, head_values, layer_counts};
pub use crate::coupling::{match_networks, match_networks_with, subgroups};
pub use crate::encoding::EncodingFit;
pub use crate::encoding::{Banded, BandedCv, BandedFit, Spaces, banded_cv, encode_banded};
pub use crate::encoding::{Control, Controls, NoiseCeiling, NormalisedScores, SplitHalf, normalise};
pub use crate::encoding::{Correction, Significance, VoxelTest, compare, group_test, significance};
pub use crate::encoding::{ElasticNet, ElasticPath, elastic_path, encode_elastic};
pub use crate::encoding::{Estimate, Storing, estimate};
pub use crate::encoding::{FeaturePca, FittedTransform, Leak, SelectFeatures, Standardise, Training, encode_each};
pub use crate::encoding::{
    Features, Folds, NewScores, Predictors, Ridge, RidgeCv, Sharing, Solver, Targets, encode, mean_fit, ridge_cv,
};
pub use crate::encoding::{Part, Partition, partition_variance};
pub use crate::encoding::{RoiCorrelation, RoiCorrelations, RoiScores, roi_scores};
pub use crate::error::{Error, Result};
pub use crate::experiment::{
    Ablation, Balance, Balanced, ContrastOptions, Covariate, Effect, InSilico, Lesion, LesionOptions, Lesions,
    NetworkContrast, NetworkContrasts, NeuronGroups, Predicted, TextContrast, lesion, lesion_all, lesion_with,
};
pub use crate::extract::{
    DualRegression, Extraction, GroupIca, Parcellation, SpatialDictionary, VsDbn, dual_regression,
};
pub use crate::figure::{
    ColourRange, Contour, Cuts, Dendrogram, Direction, Figure, Grid, HeatMap, HexBin, Histogram, Look, Stretch,
    Surface, SurfaceShape, SurfaceView, Theme, Threshold, View, bars, ceiling_hexbin, cleaning_figure, courses,
    dendrogram, folds_figure, grid, grid_with, heat_map, hexbin, histogram, inner_folds_figure, k_curve, mosaic_grid,
    neuron_carpet, pattern_courses, pattern_summary, pattern_words, roi_scatter, score_histograms, set_theme,
    spectrum_curve, voxel_carpet,
};
pub use crate::figure::{
    CouplingMatrix, CourseOverlay, Curve, CurveKind, CurveSet, LayerHeads, LayerHistogram, MatchMatrix, Measured,
    ModelOrganisation, Organisation, OrganisationPanel, WordBars, WordCloud, anchor_layers, coupling_matrix,
    course_overlay, layer_head_counts, layer_heads, layer_histogram, layer_histograms, match_matrix, member_histograms,
    organisation_panel, pattern_courses_with_words, recovery_curves, word_bars, word_cloud,
};
pub use crate::model::{
    Compute, Context, Intervention, Logits, Loss, Masking, Model, NeuronAxis, Operation, WindowPlan,
};
pub use crate::model::{Neuron, Site};
pub use crate::notebook::ShowValue as _;
pub use crate::pattern::Patterns;
pub use crate::pattern::{ChooseK, Hierarchical, Hierarchy, KCurve, Linkage, adjusted_rand_index, hierarchy};
pub use crate::pattern::{Contrast, Dictionary, Distance, Ica, KMeans, Method, Pca};
pub use crate::pattern::{ParallelAnalysis, Report, Spectrum};
pub use crate::provenance::{Provenance, Traced};
pub use crate::simulate::{AnchorRecovery, Planting, Recovery, Simulated, SimulatedGroup, Simulation, Truth};
pub use crate::statistics::{
    ColumnTest, GroupTest, Interval, Null, PairOptions, PairTest, PairsFound, Sides, SignFlip, Spearman,
    benjamini_hochberg, benjamini_yekutieli, bootstrap_mean, correlate_pairs, correlate_pairs_by, correlation_test,
    fisher_z, naive_p, phase_null_sd, phase_surrogates, sign_flip, spearman,
};
pub use crate::statistics::{LaggedR, lagged_r, running_r};
pub use crate::stimulus::{Columns, EventWords, Speaking, TextGrid, Timing};
pub use crate::stimulus::{Stimulus, Word, WordClass, word_class, word_frequency};
pub use ndarray;
