// On the log-in page: nobody is logged in here, so no guest's address stays on the phone, however the driver was logged
// out: by any page's button, everywhere at once, or by a new password. What was not sent stays until they are back.

import * as shell from "./shell.js";
import * as store from "./store.js";

shell.forget();
store.remove("kept", "list");
