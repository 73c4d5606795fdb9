#pragma once

#include <boost/outcome/basic_result.hpp>
#include <boost/outcome/policy/terminate.hpp>
#include <boost/outcome/try.hpp>

#include "base/error.h"

namespace handshaked {

/// A T or an Error. The only vocabulary for failures that are expected: disks, networks, peers,
/// files of strangers. Asking a failed Result for its value ends the process. Boost.Outcome because
/// g++ 12 has no std::expected.
template <class T = void>
using Result = boost::outcome_v2::basic_result<T, Error, boost::outcome_v2::policy::terminate>;

inline auto success() { return boost::outcome_v2::success(); }

inline auto fail(ErrorCode code, std::string context) {
  return boost::outcome_v2::failure(Error(code, std::move(context)));
}
inline auto fail(Error error) { return boost::outcome_v2::failure(std::move(error)); }

}  // namespace handshaked

/// TRY(expr) or TRY(auto value, expr): leaves the function with the Error when expr failed.
#define TRY(...) BOOST_OUTCOME_TRY(__VA_ARGS__)
/// The same in a coroutine.
#define CO_TRY(...) BOOST_OUTCOME_CO_TRY(__VA_ARGS__)
