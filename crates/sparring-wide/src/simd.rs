//! One loop, compiled for the instruction set that the machine has.

use std::sync::OnceLock;

use pulp::Arch;

/// Runs `work` compiled for the widest instruction set of this machine.
///
/// Loops in `work` must be simple enough for the compiler to vectorise, and use no fused
/// multiply-add: then every instruction set gives the same bits.
#[inline]
pub fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    static ARCH: OnceLock<Arch> = OnceLock::new();
    #[cfg(test)]
    if PORTABLE.load(std::sync::atomic::Ordering::Relaxed) {
        return Arch::Scalar.dispatch(work);
    }
    ARCH.get_or_init(Arch::new).dispatch(work)
}

/// What the loops of this crate run on: `"avx2+fma"`, `"neon"` or `"portable"`.
///
/// Matrix products choose for themselves, and use AVX-512 where the machine has it.
#[must_use]
pub fn instruction_set() -> &'static str {
    match Arch::new() {
        #[cfg(target_arch = "x86_64")]
        Arch::V3(_) => "avx2+fma",
        #[cfg(target_arch = "aarch64")]
        Arch::Neon(_) => "neon",
        _ => "portable",
    }
}

#[cfg(test)]
static PORTABLE: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// Runs `work`, and whatever else runs meanwhile, on the portable loops.
#[cfg(test)]
pub(crate) fn portably<R>(work: impl FnOnce() -> R) -> R {
    PORTABLE.store(true, std::sync::atomic::Ordering::Relaxed);
    let result = work();
    PORTABLE.store(false, std::sync::atomic::Ordering::Relaxed);
    result
}
