// Starts the page.

import { startArticles } from "./articles.js";
import { startConversation } from "./conversation.js";
import { startUpload } from "./upload.js";

startConversation();
startArticles();
startUpload();
