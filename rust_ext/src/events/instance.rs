//! Makes instances of models without their constructors, as Pydantic itself does.

#![expect(
    unsafe_code,
    reason = "Python offers no other way past a frozen model's __setattr__"
)]

use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};

/// A class whose instances `object.__new__` makes.
pub struct PlainClass(Py<PyType>);

impl PlainClass {
    /// Returns a class.
    ///
    /// # Errors
    /// `ValueError` when it makes its instances otherwise.
    pub fn new(class: &Bound<'_, PyType>) -> PyResult<Self> {
        let base = class.py().get_type::<PyAny>();
        // SAFETY: The interpreter's lock is held, and both are types that live at least as long as
        // this. `Py_tp_new` is a slot every type has; what is returned is only compared.
        let is_plain = unsafe {
            ffi::PyType_GetSlot(class.as_type_ptr(), ffi::Py_tp_new)
                == ffi::PyType_GetSlot(base.as_type_ptr(), ffi::Py_tp_new)
        };
        if is_plain {
            Ok(Self(class.clone().unbind()))
        } else {
            Err(PyValueError::new_err(
                "the class makes its instances itself",
            ))
        }
    }
}

/// Returns an instance with these values, of which the `given` were not left to their defaults.
///
/// # Errors
/// What Python raises when it is out of memory, or when the class is no model.
pub fn make<'py>(
    class: &PlainClass,
    values: &Bound<'py, PyDict>,
    given: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = values.py();
    let class = class.0.bind(py);
    // SAFETY: The interpreter's lock is held, as `py` shows, and the class is a type whose instances
    // `object.__new__` makes, of which this is the part after the checks of arguments. It returns a
    // new reference, or null with an exception set.
    let instance = unsafe {
        let made = ffi::PyType_GenericAlloc(class.as_type_ptr(), 0);
        Bound::from_owned_ptr_or_err(py, made)?
    };
    let none = py.None();
    set(&instance, intern!(py, "__dict__"), values)?;
    set(&instance, intern!(py, "__pydantic_fields_set__"), given)?;
    set(&instance, intern!(py, "__pydantic_extra__"), none.bind(py))?;
    set(
        &instance,
        intern!(py, "__pydantic_private__"),
        none.bind(py),
    )?;
    Ok(instance)
}

fn set(
    instance: &Bound<'_, PyAny>,
    name: &Bound<'_, PyAny>,
    value: &Bound<'_, PyAny>,
) -> PyResult<()> {
    // SAFETY: The interpreter's lock is held, and all three are objects that live longer than the
    // call, which takes no reference of ours over. It returns -1 with an exception set.
    let failed =
        unsafe { ffi::PyObject_GenericSetAttr(instance.as_ptr(), name.as_ptr(), value.as_ptr()) };
    if failed == 0 {
        Ok(())
    } else {
        Err(PyErr::fetch(instance.py()))
    }
}
