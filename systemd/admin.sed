# Turns the units of the web program into those of the admin program.
s/web program/admin program/
s/dynmod\.sock\b/dynmod-admin.sock/
s/dynmod\.socket/dynmod-admin.socket/g
s/dynmod@/dynmod-admin@/g
s/dynmod\.fcgi/dynmod-admin.fcgi/
s/^\(SocketUser\|User\)=dynmod$/&-admin/
