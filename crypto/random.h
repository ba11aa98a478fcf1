/// Random bytes from libcrypto, drawn 4 KiB at a time per thread. Any thread. Ends the process when
/// the system has no randomness to give.
#pragma once

#include <cstdint>
#include <string>

namespace conclave::crypto {

std::string random_bytes(std::size_t size);
std::uint64_t random_u64();

}  // namespace conclave::crypto
