//! Python's integers, through the part of its interface that is stable between versions.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyInt};
use ruint::aliases::U256;

/// Returns an integer; none when it is negative or needs more than 256 bits.
///
/// # Errors
/// `TypeError` for anything but an integer.
pub fn to_u256(value: &Bound<'_, PyAny>) -> PyResult<Option<U256>> {
    let value = value.cast::<PyInt>()?;
    if let Ok(value) = value.extract::<u128>() {
        return Ok(Some(U256::from(value)));
    }
    let Ok(bytes) = value.call_method1(intern!(value.py(), "to_bytes"), (32,)) else {
        return Ok(None);
    };
    Ok(Some(U256::from_be_slice(
        bytes.cast::<PyBytes>()?.as_bytes(),
    )))
}

/// Returns Python's integer.
///
/// # Errors
/// What Python raises when it is out of memory.
pub fn from_u256(py: Python<'_>, value: U256) -> PyResult<Bound<'_, PyAny>> {
    static FROM_BYTES: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if let Ok(small) = u64::try_from(value) {
        return Ok(small.into_pyobject(py)?.into_any());
    }
    let from_bytes = FROM_BYTES.get_or_try_init(py, || {
        py.get_type::<PyInt>()
            .getattr(intern!(py, "from_bytes"))
            .map(Bound::unbind)
    })?;
    let bytes: [u8; 32] = value.to_be_bytes();
    let unused = value.leading_zeros() / 8;
    from_bytes
        .bind(py)
        .call1((PyBytes::new(py, &bytes[unused..]),))
}
