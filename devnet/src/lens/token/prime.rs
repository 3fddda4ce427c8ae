//! Large primes, for a key of an hour.

use num_bigint::BigUint;

/// Rounds of Miller and Rabin's test: for random candidates of this size far more than needed.
const ROUNDS: usize = 8;
/// Candidates that are tried: a prime comes once in some 355 odd numbers of 1024 bits.
const MAX_TRIES: usize = 100_000;

/// A random prime with exactly `bits` bits, of which the upper two are set, so that the product
/// of two has exactly twice as many.
pub(super) fn random(bits: u64) -> Option<BigUint> {
    let small = small_primes();
    for _ in 0..MAX_TRIES {
        let mut candidate = number(bits)?;
        for bit in [0, bits.saturating_sub(1), bits.saturating_sub(2)] {
            candidate.set_bit(bit, true);
        }
        let has_small_factor = small.iter().any(|prime| (&candidate % prime) == BigUint::ZERO);
        if !has_small_factor && is_prime(&candidate, bits)? {
            return Some(candidate);
        }
    }
    None
}

/// A random number below 2^bits; `None` if the system has no randomness.
fn number(bits: u64) -> Option<BigUint> {
    let mut bytes = vec![0; usize::try_from(bits / 8).ok()?];
    getrandom::fill(&mut bytes).ok()?;
    Some(BigUint::from_bytes_be(&bytes))
}

fn small_primes() -> Vec<u32> {
    let mut primes: Vec<u32> = Vec::new();
    for number in 3..2000_u32 {
        if number % 2 == 1 && primes.iter().all(|prime| number % prime != 0) {
            primes.push(number);
        }
    }
    primes
}

/// The test of Miller and Rabin (FIPS 186-5, B.3.1), for odd numbers above 3.
fn is_prime(candidate: &BigUint, bits: u64) -> Option<bool> {
    let one = BigUint::from(1u8);
    let less = candidate - &one;
    let twos = less.trailing_zeros()?;
    let odd = &less >> twos;
    for _ in 0..ROUNDS {
        let base = number(bits)? % &less;
        if base <= one {
            continue;
        }
        let mut power = base.modpow(&odd, candidate);
        if power == one || power == less {
            continue;
        }
        let mut is_witness = true;
        for _ in 1..twos {
            power = power.modpow(&BigUint::from(2u8), candidate);
            if power == less {
                is_witness = false;
                break;
            }
        }
        if is_witness {
            return Some(false);
        }
    }
    Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primes_are_told_from_their_products() {
        // 2^127 - 1 and 2^89 - 1 are Mersenne primes.
        let mersenne = |bits: u32| (BigUint::from(1u8) << bits) - BigUint::from(1u8);
        assert_eq!(is_prime(&mersenne(127), 120), Some(true));
        assert_eq!(is_prime(&(mersenne(127) * mersenne(89)), 120), Some(false));
        // Carmichael's smallest, which fools Fermat's test.
        assert_eq!(is_prime(&BigUint::from(561u32), 8), Some(false));
        assert_eq!(random(256).map(|prime| prime.bits()), Some(256));
    }
}
