// Beast is compiled once, here; every other file only declares it (see BOOST_BEAST_SEPARATE_COMPILATION).
#include <boost/beast/src.hpp>
