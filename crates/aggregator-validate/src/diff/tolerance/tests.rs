use super::*;

const SUM: Rule = Rule::Sum { capacity: None };

const NULL: Option<Number> = None;

fn double(double: f64) -> Number {
    Number::Double(double)
}

fn decimal(text: &str) -> Number {
    Number::Decimal(text.parse().unwrap())
}

/// Judges both ways round and returns whether the two are equal.
fn equal(rule: Rule, tolerance: Tolerance, left: impl Into<Option<Number>>, right: impl Into<Option<Number>>, capacity: f64) -> bool {
    let (left, right) = (left.into(), right.into());
    let judgement = tolerance.judge(rule, left, right, capacity);
    assert_eq!(judgement, tolerance.judge(rule, right, left, capacity));
    judgement.equal
}

fn by_default(left: impl Into<Option<Number>>, right: impl Into<Option<Number>>) -> bool {
    equal(SUM, Tolerance::default(), left, right, 0.0)
}

#[test]
fn sums_may_differ_by_their_order() {
    assert!(by_default(double(1000.0), double(1000.0 + 9e-10)));
    assert!(!by_default(double(1000.0), double(1000.0 + 2e-9)));
    assert!(by_default(double(0.0), double(-0.0)));
    assert!(!by_default(double(0.0), double(1e-300)));
}

#[test]
fn what_was_subtracted_from_a_capacity_is_held_against_it() {
    assert!(equal(SUM, Tolerance::default(), double(0.0), double(9e-11), 100.0));
    assert!(!equal(SUM, Tolerance::default(), double(0.0), double(2e-10), 100.0));
}

#[test]
fn maxima_are_equal_to_the_last_bit() {
    assert!(!equal(Rule::Maximum, Tolerance::default(), double(8.0), double(8.0 + 2e-15), 0.0));
    assert!(equal(Rule::Maximum, Tolerance::default(), double(8.0), double(8.0), 0.0));
}

#[test]
fn nothing_is_near_what_is_not_finite() {
    assert!(by_default(double(f64::NAN), double(f64::NAN)));
    assert!(by_default(double(f64::INFINITY), double(f64::INFINITY)));
    for other in [f64::NEG_INFINITY, f64::NAN, f64::MAX] {
        assert!(!by_default(double(f64::INFINITY), double(other)));
    }
    assert!(!by_default(double(f64::NAN), double(1.0)));
    assert!(!by_default(double(f64::NAN), decimal("1")));
    assert!(!by_default(double(f64::MAX), double(-f64::MAX)));
}

#[test]
fn null_equals_only_null() {
    assert!(by_default(NULL, NULL));
    assert!(!by_default(NULL, double(0.0)));
    assert!(!by_default(decimal("0"), NULL));
}

#[test]
fn decimals_are_exact_or_within_their_units() {
    let with = |decimal_units, decimal_relative| Tolerance { decimal_units, decimal_relative, ..Tolerance::default() };
    let (left, right) = (decimal("12.000000000000000"), decimal("12.000000000000003"));
    assert!(!equal(SUM, with(0, 0.0), left, right, 0.0));
    assert!(!equal(SUM, with(2, 0.0), left, right, 0.0));
    assert!(equal(SUM, with(3, 0.0), left, right, 0.0));
    assert!(equal(SUM, with(0, 1e-12), left, right, 0.0));
    assert!(!equal(Rule::Maximum, with(0, 1e-12), left, right, 0.0));
}

#[test]
fn a_double_is_rounded_as_trino_does_before_it_meets_a_decimal() {
    assert!(by_default(double(12_345.678_901_234_567), decimal("12345.678901234567")));
    assert!(by_default(double(5e-16), decimal("0.000000000000001")));
    // One unit is the last place of the rounding; two are not, and relative to so small a number they are much.
    assert!(by_default(double(5e-16), decimal("0.000000000000002")));
    assert!(!by_default(double(5e-16), decimal("0.000000000000003")));
    assert!(by_default(double(1000.0), decimal("1000.000000000900000")));
    assert!(!by_default(double(1000.0), decimal("1000.000000002")));
    assert!(!by_default(double(1e18), decimal("999999999999999999")));
}

#[test]
fn every_measure_has_its_rule() {
    let rule = |column: ColumnDef| Rule::of(&column);
    assert_eq!(rule(summary::NODE), Rule::Exact);
    assert_eq!(rule(summary::COST_CATEGORY_ID), Rule::Exact);
    assert_eq!(rule(summary::NODE_CAPACITY_CPU_CORES), Rule::Maximum);
    assert_eq!(rule(summary::NODE_CAPACITY_CPU_CORE_HOURS), SUM);
    assert_eq!(rule(summary::POD_LIMIT_CPU_CORE_HOURS), SUM);
    let capacity = Some(summary::NODE_CAPACITY_MEMORY_GIGABYTE_HOURS.name);
    assert_eq!(rule(summary::POD_REQUEST_MEMORY_GIGABYTE_HOURS), Rule::Sum { capacity });
}
