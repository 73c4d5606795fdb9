#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace handshaked::cli {

/// A line of nginx's as it may reach us.
struct LineForm {
  std::string_view name;  ///< "behind syslog": after "is not found "
  std::string text;       ///< one line, or several into which it was wrapped
  bool has_header;  ///< a whole one: then the form changes nothing about trust; else the line must
                    ///< not be trusted
};

/// `line`, which begins with nginx's header, in every form that people and programs leave. Forms
/// that keep nothing but the message are left out where nothing in it shows that nginx wrote it, or
/// on which side.
std::vector<LineForm> forms_of(std::string_view line);

}  // namespace handshaked::cli
