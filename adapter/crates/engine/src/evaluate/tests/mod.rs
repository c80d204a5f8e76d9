//! Tests of the evaluator against a small world of its own.
