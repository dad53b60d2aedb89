-- Prints what wrk has counted in one line that a program can read.
function done(summary, latency)
  local errors = summary.errors
  print(string.format("BENCH %.6f %d %d %.1f %.1f", summary.duration / 1e6, summary.requests,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
