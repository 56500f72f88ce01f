# One image for each service, chosen by PROJECT: StoryPortal.Gateway, StoryPortal.ServiceHub or StoryPortal.DataLayer. docs/deployment.md.
FROM mcr.microsoft.com/dotnet/sdk:10.0-noble AS build
ARG PROJECT
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
WORKDIR /src

# What decides about packages comes first: a change of code alone restores nothing.
COPY .editorconfig global.json Directory.Build.props Directory.Build.targets Directory.Packages.props ./
COPY StoryPortal.ServiceDefaults/*.csproj StoryPortal.ServiceDefaults/
COPY StoryPortal.DataLayer/*.csproj StoryPortal.DataLayer/
COPY StoryPortal.ServiceHub/*.csproj StoryPortal.ServiceHub/
COPY StoryPortal.Gateway/*.csproj StoryPortal.Gateway/
# The note is for the item build_cache of the checklist: whether BuildKit mounted its cache of packages, and how many it held.
# Feeds of your own: --secret id=nuget,src=NuGet.Config, of which nothing stays in the image.
RUN --mount=type=cache,id=story-portal-nuget,target=/root/.nuget/packages \
    --mount=type=secret,id=nuget,target=/root/.nuget/NuGet/NuGet.Config \
    mkdir -p /app && \
    if grep -q ' /root/.nuget/packages ' /proc/mounts; then echo "mounted $(ls /root/.nuget/packages | wc -l)"; else echo absent; fi >/app/build-cache && \
    dotnet restore "$PROJECT/$PROJECT.csproj" --use-current-runtime

COPY StoryPortal.ServiceDefaults/ StoryPortal.ServiceDefaults/
COPY StoryPortal.DataLayer/ StoryPortal.DataLayer/
COPY StoryPortal.ServiceHub/ StoryPortal.ServiceHub/
COPY StoryPortal.Gateway/ StoryPortal.Gateway/
# The program gets a name that does not depend on the project: the last image has no shell to choose by.
RUN --mount=type=cache,id=story-portal-nuget,target=/root/.nuget/packages \
    dotnet publish "$PROJECT/$PROJECT.csproj" -c Release --use-current-runtime --no-restore -o /app && mv "/app/$PROJECT" /app/service

FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled
WORKDIR /app
COPY --from=build /app .
USER $APP_UID
ENTRYPOINT ["/app/service"]
