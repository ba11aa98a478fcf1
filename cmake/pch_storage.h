// Precompiled for storage/: RocksDB's headers cost each file about one second.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <map>
#include <string>
#include <vector>
