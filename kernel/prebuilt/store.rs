//! The store of a session's variables, compiled once instead of in every cell.
//!
//! evcxr writes a module of this name and with these functions into each cell; `kernel/src/tools` puts a `use` of this
//! one in its place. Both may meet in one session (a cell with a dependency of its own is built as evcxr wrote it), so
//! the struct must stay what it is there: one map.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

pub const VARIABLE_CHANGED_TYPE: &str = "EVCXR_VARIABLE_CHANGED_TYPE:";
pub const USER_ERROR_OCCURRED: &str = "EVCXR_ERROR_OCCURRED";

pub struct VariableStore {
    variables: HashMap<String, Box<dyn Any + 'static>>,
}

impl VariableStore {
    fn put(&mut self, name: &str, value: Box<dyn Any>) {
        self.variables.insert(name.to_owned(), value);
    }

    fn get(&mut self, name: &str) -> Option<&mut Box<dyn Any>> {
        self.variables.get_mut(name)
    }

    fn take(&mut self, name: &str) -> Box<dyn Any> {
        match self.variables.remove(name) {
            Some(value) => value,
            None => panic!("the variable `{name}` has gone missing"),
        }
    }

    fn changed(name: &str) {
        eprintln!("the type of the variable `{name}` was defined anew, so its value is lost");
        println!("{VARIABLE_CHANGED_TYPE}{name}");
    }

    fn of_another_type(name: &str) -> ! {
        panic!("the variable `{name}` has another type than before")
    }

    #[inline]
    pub fn put_variable<T: 'static>(&mut self, name: &str, value: T) {
        self.put(name, Box::new(value));
    }

    #[inline]
    pub fn check_variable<T: 'static>(&mut self, name: &str) -> bool {
        let is_other = self.get(name).is_some_and(|value| !value.is::<T>());
        if is_other {
            Self::changed(name);
        }
        !is_other
    }

    #[inline]
    pub fn take_variable<T: 'static>(&mut self, name: &str) -> T {
        match self.take(name).downcast() {
            Ok(value) => *value,
            Err(_) => Self::of_another_type(name),
        }
    }

    /// The shared value of this name, made at the first use.
    #[inline]
    pub fn lazy_arc<T: 'static, F: FnOnce() -> T>(&mut self, name: &str, create: F) -> Arc<T> {
        if self.get(name).is_none() {
            self.put(name, Box::new(Arc::new(create())));
        }
        match self.get(name).and_then(|value| value.downcast_ref::<Arc<T>>()) {
            Some(value) => Arc::clone(value),
            None => Self::of_another_type(name),
        }
    }

    pub fn merge(&mut self, mut other: VariableStore) {
        self.variables.extend(other.variables.drain());
    }

    pub fn new() -> VariableStore {
        VariableStore { variables: HashMap::new() }
    }
}

pub fn create_variable_store() -> *mut VariableStore {
    Box::into_raw(Box::new(VariableStore::new()))
}
