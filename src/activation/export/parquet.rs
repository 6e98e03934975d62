//! Parquet: a table whose columns lie one after the other.

use super::Failed;
use crate::activation::Activations;
use crate::error::Result;
use crate::notebook::{Progress, check_cancelled};
use crate::parquet_table::column;
use ndarray::s;
use parquet::basic::{LogicalType, Repetition, Type as Kind};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, FloatType, Int64Type};
use parquet::errors::{ParquetError, Result as Wrote};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use std::io::{self, Write};
use std::sync::Arc;

/// Neurons whose columns are gathered at a time: a row of theirs is a few lines of the processor's cache.
const BLOCK: usize = 128;

pub(super) fn write(acts: &Activations, out: &mut (dyn Write + Send), failed: Failed<'_>) -> Result<()> {
    let failed = |e: ParquetError| failed(io::Error::other(e));
    let words = acts.stimulus().words();
    let about = acts.about().into_iter().map(|(name, text)| KeyValue::new(name.to_owned(), text)).collect();
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_created_by(concat!("neurocell ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(about));
    let schema = Arc::new(schema(&acts.addresses()).map_err(failed)?);
    let mut file = SerializedFileWriter::new(out, schema, Arc::new(properties.build())).map_err(failed)?;
    let mut rows = file.next_row_group().map_err(failed)?;
    let texts: Vec<ByteArray> = words.iter().map(|word| word.text.as_str().into()).collect();
    column::<Int64Type, _>(&mut rows, &acts.run_numbers(), None).map_err(failed)?;
    column::<ByteArrayType, _>(&mut rows, &texts, None).map_err(failed)?;
    for times in [words.iter().map(|word| word.onset).collect(), words.iter().map(|word| word.offset).collect()] {
        let times: Vec<Option<f64>> = times;
        let there: Vec<i16> = times.iter().map(|time| i16::from(time.is_some())).collect();
        let times: Vec<f64> = times.into_iter().flatten().collect();
        column::<DoubleType, _>(&mut rows, &times, Some(&there)).map_err(failed)?;
    }
    let values = acts.values();
    let mut progress = Progress::new("neurons saved", values.ncols() as u64);
    for first in (0..values.ncols()).step_by(BLOCK) {
        check_cancelled("saving activations")?;
        let block = values.slice(s![.., first..(first + BLOCK).min(values.ncols())]);
        for course in block.reversed_axes().as_standard_layout().rows() {
            column::<FloatType, _>(&mut rows, course.as_slice().unwrap_or_default(), None).map_err(failed)?;
        }
        progress.advance(BLOCK as u64);
    }
    rows.close().map_err(failed)?;
    file.close().map_err(failed)?;
    Ok(())
}

fn schema(neurons: &[String]) -> Wrote<Type> {
    let column = |name: &str, kind, repetition, logical| {
        let column = Type::primitive_type_builder(name, kind).with_repetition(repetition).with_logical_type(logical);
        Ok::<_, ParquetError>(Arc::new(column.build()?))
    };
    let mut columns = vec![
        column("run", Kind::INT64, Repetition::REQUIRED, None)?,
        column("word", Kind::BYTE_ARRAY, Repetition::REQUIRED, Some(LogicalType::String))?,
        column("onset", Kind::DOUBLE, Repetition::OPTIONAL, None)?,
        column("offset", Kind::DOUBLE, Repetition::OPTIONAL, None)?,
    ];
    for neuron in neurons {
        columns.push(column(neuron, Kind::FLOAT, Repetition::REQUIRED, None)?);
    }
    Type::group_type_builder("activations").with_fields(columns).build()
}
