//! Tables as Parquet: what pandas, polars and R's arrow read, with types and without rounding.

use crate::error::Result;
use crate::provenance::Traced;
use crate::replace::{Part, unwritten};
use parquet::basic::{LogicalType, Repetition, Type as Kind};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

/// A column's values, one a row.
pub(crate) enum Column {
    Integers(Vec<i64>),
    /// Where there may be none.
    MaybeIntegers(Vec<Option<i64>>),
    Texts(Vec<ByteArray>),
    Floats(Vec<f32>),
    Doubles(Vec<f64>),
    Truths(Vec<bool>),
}

/// Writes a table whose columns are as long as each other.
pub(crate) fn write(path: &Path, columns: Vec<(&str, Column)>, made: &dyn Traced) -> Result<()> {
    let failed = |cause| unwritten(path, cause);
    let part = Part::of(path).map_err(failed)?;
    let out = BufWriter::with_capacity(1 << 18, File::create(part.path()).map_err(failed)?);
    let out = rows(out, columns, made).map_err(|cause| failed(io::Error::other(cause)))?;
    out.into_inner().map_err(|e| failed(e.into_error()))?.sync_all().map_err(failed)?;
    part.place().map_err(failed)
}

fn rows<W: Write + Send>(
    out: W,
    columns: Vec<(&str, Column)>,
    made: &dyn Traced,
) -> std::result::Result<W, ParquetError> {
    let about = [
        ("made_by", concat!("neurocell ", env!("CARGO_PKG_VERSION")).to_owned()),
        ("provenance", made.provenance().json()),
    ];
    let about = about.into_iter().map(|(name, text)| KeyValue::new(name.to_owned(), text)).collect();
    // Names of neurons and networks come again and again: a dictionary of them makes the file small.
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(true)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_created_by(concat!("neurocell ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(about));
    let fields = columns.iter().map(|(name, column)| column.field(name)).collect::<std::result::Result<Vec<_>, _>>()?;
    let schema = Arc::new(Type::group_type_builder("table").with_fields(fields).build()?);
    let mut file = SerializedFileWriter::new(out, schema, Arc::new(properties.build()))?;
    let mut group = file.next_row_group()?;
    for (_, values) in columns {
        match values {
            Column::Integers(values) => column::<Int64Type, _>(&mut group, &values, None)?,
            Column::MaybeIntegers(values) => {
                let there: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
                let values: Vec<i64> = values.into_iter().flatten().collect();
                column::<Int64Type, _>(&mut group, &values, Some(&there))?;
            }
            Column::Texts(values) => column::<ByteArrayType, _>(&mut group, &values, None)?,
            Column::Floats(values) => column::<FloatType, _>(&mut group, &values, None)?,
            Column::Doubles(values) => column::<DoubleType, _>(&mut group, &values, None)?,
            Column::Truths(values) => column::<parquet::data_type::BoolType, _>(&mut group, &values, None)?,
        }
    }
    group.close()?;
    file.into_inner()
}

impl Column {
    fn field(&self, name: &str) -> std::result::Result<Arc<Type>, ParquetError> {
        let (kind, repetition, logical) = match self {
            Column::Integers(_) => (Kind::INT64, Repetition::REQUIRED, None),
            Column::MaybeIntegers(_) => (Kind::INT64, Repetition::OPTIONAL, None),
            Column::Texts(_) => (Kind::BYTE_ARRAY, Repetition::REQUIRED, Some(LogicalType::String)),
            Column::Floats(_) => (Kind::FLOAT, Repetition::REQUIRED, None),
            Column::Doubles(_) => (Kind::DOUBLE, Repetition::REQUIRED, None),
            Column::Truths(_) => (Kind::BOOLEAN, Repetition::REQUIRED, None),
        };
        let field = Type::primitive_type_builder(name, kind).with_repetition(repetition).with_logical_type(logical);
        Ok(Arc::new(field.build()?))
    }
}

/// The next column of a group; `there` says of each row whether it has a value.
pub(crate) fn column<T: DataType, W: Write + Send>(
    rows: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    there: Option<&[i16]>,
) -> std::result::Result<(), ParquetError> {
    let mut column = rows.next_column()?.ok_or_else(|| ParquetError::General("no column is left".to_owned()))?;
    column.typed::<T>().write_batch(values, there, None)?;
    column.close().map(|_| ())
}
