// Time: instants of the wall clock, deadlines of the monotonic one.
#pragma once

#include <chrono>
#include <string>

namespace claude_auth {

using Millis = std::chrono::milliseconds;

/// A moment of the wall clock in epoch milliseconds, the unit of Claude's expiresAt.
using Instant = std::chrono::sys_time<Millis>;

/// Where "now" comes from. Rules take an Instant; only the edges ask a Clock, so that tests can
/// hand in one of their own.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const;
};

/// A moment on CLOCK_MONOTONIC after which work is given up.
class Deadline {
 public:
  /// `span` from now. A negative span has already passed.
  [[nodiscard]] static Deadline in(Millis span);
  [[nodiscard]] static Deadline never();

  /// Time left, never negative.
  [[nodiscard]] Millis remaining() const;
  [[nodiscard]] bool passed() const { return remaining() == Millis::zero(); }

  /// remaining() as poll(2) takes it: rounded up, -1 for never.
  [[nodiscard]] int poll_timeout() const;

  /// This deadline moved `span` earlier: what must be done in time to still report it.
  [[nodiscard]] Deadline earlier_by(Millis span) const;

  /// The sooner of the two.
  [[nodiscard]] Deadline or_sooner(Deadline other) const;

 private:
  using Monotonic = std::chrono::steady_clock;
  explicit Deadline(Monotonic::time_point at) : at_(at) {}
  Monotonic::time_point at_;
};

/// ISO 8601 in UTC with seconds: 2026-11-21T18:40:37Z.
[[nodiscard]] std::string iso8601(Instant at);

}  // namespace claude_auth
