#pragma once

#include <string>
#include <string_view>

namespace handshaked::parse {

/// Writes `line` to `out` with what OpenSSL says where only its code is left: in "(SSL:
/// error:0A000410)" and "error:1408F10B:SSL rou" the words were cut off, a library without texts
/// prints "error:14094416:lib(20):func(148):reason(1046)", a page had them translated. The code is
/// whole, so it tells what the words were. False where there is nothing to complete.
///
/// Libraries and layouts are told apart by the code: SSL, x509 and PEM of OpenSSL 1.x and of 3.x.
/// Linear in `line`.
bool with_openssl_reasons(std::string_view line, std::string& out);

}  // namespace handshaked::parse
