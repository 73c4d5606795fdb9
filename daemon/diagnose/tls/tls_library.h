#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "diagnose/case/text.h"
#include "diagnose/diagnosis.h"

namespace handshaked::diagnose {

/// Whether what is tried with one TLS library says anything about another: the same library, of the
/// same series ("OpenSSL 3.0.15" and "OpenSSL 3.0.22"). Of OpenSSL before 3 a series is three
/// numbers (1.1.0 and 1.1.1 differ in what they verify and offer), since then two. Words as `nginx
/// -V` and OpenSSL_version() print them. What is not known (empty, or no version in it) is taken
/// for the same: nothing speaks against it.
bool is_same_series(std::string_view left, std::string_view right);

/// Why proofs that ran here do not count for an nginx with this library; nullopt when they do.
std::optional<Text> why_proofs_do_not_count(std::string_view library_of_nginx);

/// Makes every claim that our own TLS library has tried `untested`, with the reason in front of
/// what was tried. What nginx itself has judged (nginx -t), and what nobody has tried, stays as it
/// is.
void withdraw_proofs(Diagnosis& diagnosis, const Text& why);

}  // namespace handshaked::diagnose
