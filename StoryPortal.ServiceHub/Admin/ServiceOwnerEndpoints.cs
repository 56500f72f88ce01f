using Microsoft.AspNetCore.Http.HttpResults;
using StoryPortal.DataLayer.ApiKeys;
using StoryPortal.DataLayer.Database;
using StoryPortal.DataLayer.Json;
using StoryPortal.DataLayer.Services;
using StoryPortal.ServiceDefaults;
using StoryPortal.ServiceDefaults.Authentication;
using StoryPortal.ServiceDefaults.Problems;
using StoryPortal.ServiceHub.Documentation;
using StoryPortal.ServiceHub.Http;
using StoryPortal.ServiceHub.Services;

namespace StoryPortal.ServiceHub.Admin;

/// <summary><c>/v1/admin/services/{name}/owner</c>: who owns a service name, and handing it over.</summary>
internal static class ServiceOwnerEndpoints
{
    private static readonly StoryJson Json = StoryJson.Contracts;

    public static void MapServiceOwners(this IEndpointRouteBuilder admin)
    {
        var owner = admin.MapGroup("/services/{name}/owner").ProducesValidationProblem();
        var store = admin.ServiceProvider.GetRequiredService<ServiceOwnerStore>();

        owner.MapGet("/", GetAsync)
            .WithName("GetServiceOwner").WithSummary("Read who owns a service name")
            .Produces<ServiceOwner>().ProducesProblem(StatusCodes.Status404NotFound);

        owner.MapPut("/", SetAsync)
            .WithName("SetServiceOwner").WithSummary("Hand a service name over to another key").WithMetadata(AdminAudit.TellsItself)
            .WithDescription(
                "A service and its instances are changed by the key that registered the service first, and by administrators. "
                + "Use this after a key was revoked, or to give a name an owner before a service registers under it.")
            .WithBodyLimit(BodyLimits.Document)
            .TakesPreconditions((call, ct) => store.LockAsync(call.GetArgument<string>(0), ct), Json.ServiceOwner).ReturnsRepresentation()
            .Accepts<NewServiceOwner>(JsonBody.ContentType)
            .WithExample("""{"id": "0197a000-0000-7000-8000-000000000009"}""")
            .Produces<ServiceOwner>().Produces<ServiceOwner>(StatusCodes.Status201Created);

        owner.MapDelete("/", DeleteAsync)
            .WithName("DeleteServiceOwner").WithSummary("Release a service name: the next key that registers the service owns it")
            .WithMetadata(AdminAudit.TellsItself)
            .TakesPreconditions((call, ct) => store.LockAsync(call.GetArgument<string>(0), ct), Json.ServiceOwner)
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> GetAsync(string name, ServiceOwnerStore store, CancellationToken cancellationToken)
    {
        Check(name);
        return await store.GetAsync(name, cancellationToken) is { } owner
            ? new JsonAnswer<ServiceOwner>(owner, Json.ServiceOwner)
            : NoOwner(name);
    }

    private static async Task<IResult> SetAsync(
        string name, HttpContext context, ServiceOwnerStore store, ApiKeyStore keys, StoryDatabase database, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var sent = await JsonBody.ReadAsync(context.Request, Json.NewServiceOwner, cancellationToken);
        Check(name);
        context.RegistryCaller.CheckName(name);
        var errors = new InputErrors();
        var id = sent.Validate(errors);
        errors.ThrowIfAny();
        (id, var ownerName) = await FindAsync(id, keys, cancellationToken);

        var (owner, created) = await ReadOnlyMembers.WriteAsync(
            database, sent.Name is not null || sent.Since is not null, () => store.LockAsync(name, cancellationToken), sent.CheckReadOnly,
            () => store.SetAsync(name, id, ownerName, AdminAudit.EventOf(context, time, owner: id), cancellationToken), cancellationToken);
        return new JsonAnswer<ServiceOwner>(owner, Json.ServiceOwner, created ? StatusCodes.Status201Created : StatusCodes.Status200OK)
        {
            Location = created ? $"/v1/admin/services/{Uri.EscapeDataString(name)}/owner" : null,
        };
    }

    private static async Task<IResult> DeleteAsync(
        string name, HttpContext context, ServiceOwnerStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        Check(name);
        context.RegistryCaller.CheckName(name);
        return await store.DeleteAsync(name, AdminAudit.EventOf(context, time), cancellationToken)
            ? TypedResults.NoContent()
            : NoOwner(name);
    }

    // The id as callers have it, with the name. The admin key of the host is in no table.
    private static async Task<(string Id, string Name)> FindAsync(string id, ApiKeyStore keys, CancellationToken cancellationToken)
    {
        if (CallerIdentity.SubjectOf(id) is { Length: > 0 } subject)
        {
            return (id, subject);
        }

        if (Guid.TryParse(id, out var key))
        {
            if (key == Guid.Empty)
            {
                return (key.ToString(), "admin");
            }

            if (await keys.GetAsync(key, cancellationToken) is { RevokedAt: null } known)
            {
                return (known.Id.ToString(), known.Name);
            }
        }

        throw new InputException("id", $"'{id}' is neither the id of a key that is not revoked nor 'jwt:' and the subject of a token.");
    }

    private static void Check(string name)
    {
        var errors = new InputErrors();
        errors.CheckName(name);
        errors.ThrowIfAny();
    }

    private static ProblemHttpResult NoOwner(string name) =>
        TypedResults.Problem($"'{name}' has no owner: the next key that registers the service becomes its owner.", statusCode: StatusCodes.Status404NotFound);
}
