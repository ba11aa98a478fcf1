#!/usr/bin/env bash
# ./dev test, asan, tsan and fuzz: builds, runs the suites of scripts/suites.txt one after the other
# (their time limits mean an idle machine), then every fuzz target. Prints a line per suite; the last
# line of all is `N passed, N failed`. Ends with 1 when anything failed or nothing ran.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
source scripts/lib.sh

preset="$1"
shift
only="" full="" fuzz_seconds=20 fuzz_target=""
while [[ $# -gt 0 ]]; do
  case "$1" in
    --full) full=1 fuzz_seconds=120 ;;
    --suite) only="${2:?--suite needs a name}" && shift ;;
    --seconds) fuzz_seconds="${2:?--seconds needs a number}" && shift ;;
    --target) fuzz_target="${2:?--target needs a name}" && shift ;;
    *) refuse "usage: ./dev test [--full] [--suite NAME]" ;;
  esac
  shift
done

# Sanitizers make everything slower; the long forms have no budget of their own.
budget_factor=1
[[ "$preset" == asan ]] && budget_factor=6
[[ "$preset" == tsan ]] && budget_factor=15
[[ -n "$full" ]] && budget_factor=$((budget_factor * 20))
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-halt_on_error=0:second_deadlock_stack=1}"
[[ -f tests/tsan.supp ]] && TSAN_OPTIONS+=":suppressions=$PWD/tests/tsan.supp"
[[ -n "$full" ]] && export CONCLAVE_TEST_FULL=1

passed=0 failed=0
children=()
finish() {
  local pid
  for pid in "${children[@]}"; do kill "$pid" 2> /dev/null || true; done
}
trap finish EXIT
trap 'exit 130' INT TERM

# report NAME PASSED FAILED SECONDS BUDGET [REMARK]
report() {
  printf '%-16s %5d passed %4d failed %5d s of %d s%s\n' "$1" "$2" "$3" "$4" "$5" "${6:+  $6}"
  passed=$((passed + $2)) failed=$((failed + $3))
}

# count_results JSON: "passed failed" of a GoogleTest report; a skipped test is neither.
count_results() {
  awk '
    /"tests":/    && !seen_tests++    { gsub(/[^0-9]/, ""); tests = $0; next }
    /"failures":/ && !seen_failures++ { gsub(/[^0-9]/, ""); failures = $0; next }
    /"disabled":/ && !seen_disabled++ { gsub(/[^0-9]/, ""); disabled = $0; next }
    /"errors":/   && !seen_errors++   { gsub(/[^0-9]/, ""); errors = $0; next }
    /"result": "SKIPPED"/             { skipped++ }
    END { bad = failures + errors; print tests - bad - disabled - skipped, bad }' "$1"
}

# watch PID LOG NAME: waits; on a terminal the running test is shown, elsewhere a line each half minute.
watch() {
  local pid="$1" log="$2" name="$3" ticks=0 at done_tests
  while kill -0 "$pid" 2> /dev/null; do
    sleep 0.2
    ticks=$((ticks + 1))
    if [[ -t 1 && $((ticks % 5)) -eq 0 ]]; then
      at="$(grep -a '^\[ RUN' "$log" | tail -n 1 | cut -c 14-74 || true)"
      printf '\r\033[K%s: %s' "$name" "$at"
    elif [[ ! -t 1 && $((ticks % 150)) -eq 0 ]]; then
      done_tests="$(grep -ac '^\[ *\(OK\|FAILED\) *\]' "$log" || true)"
      printf '%s: %s tests done after %d s\n' "$name" "$done_tests" $((ticks / 5))
    fi
  done
  [[ -t 1 ]] && printf '\r\033[K'
  return 0
}

# run_suite NAME BUDGET
run_suite() {
  local name="$1" budget=$(($2 * budget_factor)) bin="build/$preset/bin/test_$1"
  local results="build/$preset/results" code=0 pid start seconds good bad remark=""
  if [[ ! -x "$bin" ]]; then
    report "$name" 0 1 0 "$budget" "there is no $bin"
    return
  fi
  mkdir -p "$results"
  rm -f "$results/$name.json"
  start=$SECONDS
  # A suite that hangs is ended at twice its budget, so that the run comes to its last line.
  timeout -k 5 $((2 * budget)) "$bin" --gtest_color=no --gtest_output="json:$results/$name.json" \
    > "$results/$name.log" 2>&1 &
  pid=$!
  children=("$pid")
  watch "$pid" "$results/$name.log" "$name"
  wait "$pid" || code=$?
  children=()
  seconds=$((SECONDS - start))
  if [[ -s "$results/$name.json" ]]; then
    read -r good bad < <(count_results "$results/$name.json")
    [[ $code -ne 0 && $bad -eq 0 ]] && bad=1 && remark="ended with code $code"
  else
    good="$(grep -ac '^\[       OK \]' "$results/$name.log" || true)"
    bad=$(($(grep -ac '^\[  FAILED  \].*ms)' "$results/$name.log" || true) + 1))
    remark="crashed or hung (code $code) in $(grep -a '^\[ RUN' "$results/$name.log" | tail -n 1 | cut -c 14- || true)"
  fi
  if [[ $seconds -gt $budget ]]; then
    bad=$((bad + 1))
    remark+="${remark:+; }over its budget"
  fi
  report "$name" "$good" "$bad" "$seconds" "$budget" "$remark"
  if [[ $bad -ne 0 ]]; then
    failures_of "$results/$name.log"
    say "    the whole log: $results/$name.log"
  fi
}

# failures_of LOG: what the failed tests printed, and the end of a log that breaks off.
failures_of() {
  awk '
    /^\[ RUN      \]/ { text = $0; inside = 1; next }
    /^\[       OK \]/ || /^\[  SKIPPED \]/ { text = ""; inside = 0; next }
    /^\[  FAILED  \].*ms\)$/ { print text; print; text = ""; inside = 0; next }
    inside { text = text "\n" $0 }
    END { if (inside) print text }' "$1" | tail -n 120 | sed 's/^/    /'
}

run_suites() {
  local name budget known=() bin
  while read -r name budget; do
    known+=("$name")
    if [[ -z "$only" || "$only" == "$name" ]]; then run_suite "$name" "$budget"; fi
  done < <(grep -v '^#' scripts/suites.txt)
  [[ -n "$only" ]] && return 0
  for bin in "build/$preset"/bin/test_*; do
    name="${bin##*/test_}"
    if [[ " ${known[*]} " != *" $name "* ]]; then
      report "$name" 0 1 0 0 "this suite is missing in scripts/suites.txt"
    fi
  done
}

# -- fuzzing ------------------------------------------------------------------------------------------

# fuzz_one NAME SECONDS: in a subshell; the outcome is left in build/fuzz/results/NAME.code.
fuzz_one() {
  local name="$1" results="$PWD/build/fuzz/results" corpus running code=0
  corpus="$(mktemp -d "${TMPDIR:-/tmp}/conclave_fuzz_$name.XXXXXX")"
  [[ -d "tests/fuzz/corpus/$name" ]] && cp -r "tests/fuzz/corpus/$name/." "$corpus"
  trap 'kill "$running" 2> /dev/null || true; rm -rf "$corpus"; exit 143' TERM
  "build/fuzz/bin/fuzz_$name" "$corpus" -max_total_time="$2" -rss_limit_mb=2048 -timeout=10 \
    -max_len=65536 -print_final_stats=1 -artifact_prefix="$results/$name." \
    > "$results/$name.log" 2>&1 &
  running=$!
  wait "$running" || code=$?
  rm -rf "$corpus"
  printf '%d\n' "$code" > "$results/$name.code"
}

run_fuzz() {
  local name names=() budget=$((fuzz_seconds + 30)) code runs start batch
  set_up fuzz
  say "Building the fuzz targets."
  if ! build fuzz fuzzers; then
    report fuzz 0 1 0 0 "the fuzz targets do not build"
    return
  fi
  for name in build/fuzz/bin/fuzz_*; do
    name="${name##*/fuzz_}"
    [[ -x "build/fuzz/bin/fuzz_$name" && (-z "$fuzz_target" || "$fuzz_target" == "$name") ]] &&
      names+=("$name")
  done
  if [[ ${#names[@]} -eq 0 ]]; then
    report fuzz 0 1 0 0 "there is no such fuzz target"
    return
  fi
  mkdir -p build/fuzz/results
  say "Running ${#names[@]} fuzz targets for $fuzz_seconds s each, two at a time."
  for ((batch = 0; batch < ${#names[@]}; batch += 2)); do
    start=$SECONDS
    children=()
    for name in "${names[@]:batch:2}"; do
      rm -f "build/fuzz/results/$name".*
      fuzz_one "$name" "$fuzz_seconds" &
      children+=($!)
    done
    wait "${children[@]}" || true
    children=()
    for name in "${names[@]:batch:2}"; do
      code="$(cat "build/fuzz/results/$name.code" 2> /dev/null || echo 1)"
      runs="$(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/results/$name.log")"
      if [[ "$code" -eq 0 && "${runs:-0}" -gt 0 ]]; then
        report "fuzz_$name" 1 0 $((SECONDS - start)) "$budget" "$runs inputs"
      else
        report "fuzz_$name" 0 1 $((SECONDS - start)) "$budget" "see build/fuzz/results/$name.log"
        tail -n 40 "build/fuzz/results/$name.log" | sed 's/^/    /'
      fi
    done
  done
}

# -- the run ------------------------------------------------------------------------------------------

begin=$SECONDS
if [[ "$preset" != fuzz && "$only" != fuzz ]]; then
  set_up build
  say "Building the preset $preset."
  targets=()
  # The suite e2e drives the programs, so it needs them all; the others are complete in themselves.
  [[ -n "$only" && "$only" != e2e ]] && targets=("test_$only")
  if build "$preset" "${targets[@]}"; then
    say "Built after $((SECONDS - begin)) s."
    run_suites
  else
    report build 0 1 $((SECONDS - begin)) 0 "the build failed"
  fi
fi
if [[ "$preset" == fuzz || ("$preset" == dev && (-z "$only" || "$only" == fuzz)) ]]; then
  run_fuzz
fi
say "The whole run took $((SECONDS - begin)) s."
say "$passed passed, $failed failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
