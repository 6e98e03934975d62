//! linfa's errors as this crate's, which its `Fit` asks for.

use crate::error::Error;

impl From<linfa::Error> for Error {
    fn from(cause: linfa::Error) -> Error {
        Error::value(format!("linfa: {cause}"), "look at the data and the options that it was given").caused_by(cause)
    }
}
