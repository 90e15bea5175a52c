#!/bin/bash
# A database and a login for each service; none can connect to another's. Run once, by the image, on an empty volume.
set -e
for service in intake media review notify; do
  variable="LAUREL_${service^^}_DB_PASSWORD"
  password="${!variable:?is not set; run make secrets}"
  PGPASSWORD="$POSTGRES_PASSWORD" psql -v ON_ERROR_STOP=1 -v role="$service" -v password="$password" \
    -U "$POSTGRES_USER" -d "$POSTGRES_DB" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password' CONNECTION LIMIT 80;
-- Named here, since an image may have made its cluster in another encoding; C.UTF-8 is on every system.
CREATE DATABASE :"role" OWNER :"role" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8';
REVOKE CONNECT, TEMPORARY ON DATABASE :"role" FROM PUBLIC;
SQL
done
